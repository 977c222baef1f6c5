import type {OffsiteCopy, Removal} from '../../ports.ts'
import type {ObjectBucket} from './bucket.ts'

const manifest = 'manifest.json'
/** Lies in a copy that is being removed, so that whatever is left of it after a kill is told from an upload, and from damage. */
const sign = 'removing.json'

/**
 * Removes a copy, named by its folder and the files in it; without its manifest it is no backup any more, whatever happens to the rest. Returns
 * whether the store lets go of it.
 */
export async function removeCopy(bucket: ObjectBucket, folder: string, names: readonly string[]): Promise<Removal> {
  await bucket.put(`${folder}/${sign}`, Buffer.from('{}\n'))
  const removal = await bucket.remove(`${folder}/${manifest}`)
  await endRemoval(bucket, folder, names)
  return removal
}

/** Whether files are what is left of a copy whose removal was cut short. */
export function isHalfRemoved(names: ReadonlySet<string> | ReadonlyMap<string, unknown>): boolean {
  return names.has(sign) && !names.has(manifest)
}

/** Removes what is left of a copy, the sign that says so last. */
export async function endRemoval(bucket: ObjectBucket, folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) if (name !== manifest && name !== sign) await bucket.remove(`${folder}/${name}`)
  await bucket.remove(`${folder}/${sign}`)
}

/**
 * Removes the files of a copy that never became whole. Returns why it was left: what is there now is not what was listed, so that somebody is at work
 * on it, or the store holds a file.
 */
export async function removeLeftover(
  {bucket, folder, now}: {bucket: ObjectBucket; folder: string; now: Date},
  listed: OffsiteCopy,
  found: OffsiteCopy,
): Promise<string | null> {
  const known = new Set(listed.members.map(({name, etag}) => `${name} ${etag}`))
  if (found.complete || found.members.some(({name, etag}) => !known.has(`${name} ${etag}`))) return 'it has changed since it was listed'
  for (const {name} of found.members) {
    const until = (await bucket.facts(`${folder}/${name}`))?.lockedUntil ?? null
    if (until !== null && until > now) return `${name} is locked until ${until.toISOString()}`
  }
  for (const {name} of found.members) await bucket.remove(`${folder}/${name}`)
  return null
}
