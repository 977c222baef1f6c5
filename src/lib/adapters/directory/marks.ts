import type {Marks} from '../../domain/backup-set.ts'
import {unknownTime} from '../../domain/marks.ts'
import {marksSchema} from './schemas.ts'
import type {Unsealed} from './sealed.ts'

/** Returns the marks in a file, if there is one. Damaged ones still say that somebody marked the set, and what is not sure is kept. */
export function marksIn(file: Unsealed, id: string): {marks?: Marks} {
  if ('reason' in file && file.reason === 'is missing') return {}
  const parsed = marksSchema.safeParse('reason' in file ? null : file.contents)
  if (parsed.success && parsed.data.id === id) return {marks: parsed.data}
  return {marks: {format: 1, id, keep: {at: unknownTime, by: 'a mark that cannot be read'}}}
}
