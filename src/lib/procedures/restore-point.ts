import {newestFirst} from '../domain/backup-set.ts'
import {parseMoment} from '../domain/moment.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {RestoreSource} from './restore-source.ts'
import {contentsOf, placesOf} from './set-collections.ts'

/**
 * Returns the backup nearest before a moment, wherever it lies, this machine first; one that failed its proof is passed over. Throws `usage` for what is no
 * moment, `notFound`, and `denied` for one that is encrypted to keys that are not at hand.
 */
export async function findSourceAt(
  moment: string,
  ports: Pick<Ports, 'store' | 'offsite' | 'encryption' | 'clock' | 'settings'>,
  from: string | undefined,
): Promise<RestoreSource> {
  const at = parseMoment(moment, ports.clock.now())
  if (!at)
    throw new OperatorError('usage', `--at ${moment} is no time.`, {hint: "Write for example 2026-11-22T09:30 (UTC) or '2 hours ago'."})
  const places = await placesOf(ports, from)
  const contents = await contentsOf(places)
  const candidates = contents.flatMap(({sets}, index) => sets.map((set) => ({set, store: places[index]!.store})))
  const {only} = ports.settings
  const own = candidates.filter(({set}) => only === undefined || set.manifest.database === only)
  const before = own.filter(({set}) => isUsable(set) && Date.parse(set.manifest.startedAt) <= at.getTime())
  const [newest] = newestFirst(before.map(({set}) => set))
  const found = before.find(({set}) => set.manifest.id === newest?.manifest.id)
  if (!found) {
    throw new OperatorError('notFound', `There is no backup from before ${at.toISOString()}.`, {
      details: contents.flatMap(({failure}) => (failure ? [failure.message] : [])),
      hint: 'sparkone restore --list shows what there is.',
    })
  }
  await (await ports.encryption()).assertReadable(found.set.manifest)
  return {kind: 'set', label: found.set.manifest.id, ...found}
}

function isUsable({manifest, proof}: {manifest: {kind?: string}; proof: {passed: boolean} | null}): boolean {
  return manifest.kind !== 'files' && proof?.passed !== false
}
