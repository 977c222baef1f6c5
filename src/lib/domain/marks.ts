import type {Mark, Marks} from './backup-set.ts'

/** When a mark that cannot be read any more was made, as far as anybody knows; nothing that was said before is known to be newer. */
export const unknownTime = new Date(0).toISOString()

/**
 * Returns what two copies of a backup say together. Of a mark and the word that takes it away the newer one holds; in doubt the backup is kept. Where a
 * copy says nothing, that takes nothing away.
 */
export function mergeMarks(one: Marks, other: Marks): Marks {
  const keep = newer(one.keep, other.keep)
  const released = newer(one.released, other.released)
  const accepted = one.accepted ?? other.accepted
  const said = isKept(keep, released) ? {keep: keep!} : {...(released && {released})}
  return {format: 1, id: one.id, ...said, ...(accepted && {accepted})}
}

/** Returns whether two say the same. */
export function saySame(one: Marks, other: Marks): boolean {
  return (['keep', 'released', 'accepted'] as const).every((word) => one[word]?.at === other[word]?.at && one[word]?.by === other[word]?.by)
}

/** Returns a mark that counts as newer than everything that was said, though the clock may have been set back since. */
export function newerThan(marks: Marks | undefined, mark: Mark): Mark {
  const said = [marks?.keep, marks?.released].flatMap((word) => (word ? [Date.parse(word.at)] : []))
  return {...mark, at: new Date(Math.max(Date.parse(mark.at), ...said.map((time) => time + 1))).toISOString()}
}

function isKept(keep: Mark | undefined, released: Mark | undefined): boolean {
  if (!keep) return false
  return !released || keep.at === unknownTime || Date.parse(keep.at) >= Date.parse(released.at)
}

function newer(one: Mark | undefined, other: Mark | undefined): Mark | undefined {
  if (!one || !other) return one ?? other
  if (one.at === unknownTime || other.at === unknownTime) return one.at === unknownTime ? one : other
  return Date.parse(one.at) >= Date.parse(other.at) ? one : other
}
