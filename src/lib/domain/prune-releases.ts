import type {Release} from './release.ts'

/** Returns when each image last ran in a release, by image ID: until the next release of its ledger began, or now. Each ledger is given
 * newest first. */
export function releaseTimes(ledgers: readonly (readonly Release[])[], now: number): Map<string, number> {
  const times = new Map<string, number>()
  for (const releases of ledgers) {
    for (const [index, {images}] of releases.entries()) {
      const next = releases[index - 1]
      const until = next ? Date.parse(next.startedAt) : now
      for (const {id} of images) times.set(id, Math.max(times.get(id) ?? 0, until))
    }
  }
  return times
}
