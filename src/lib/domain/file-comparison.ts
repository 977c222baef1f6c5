import {newestEntries, shownPath, type ArchivedEntry, type FilesSummary} from './file-archive.ts'
import type {Difference} from './inventory.ts'

/** File systems keep times to the microsecond or the second; a millisecond less is no other time. */
const timeTolerance = 1

export interface FileComparison {
  summary: Pick<FilesSummary, 'entries' | 'files' | 'bytes'>
  /** SHA-256 by path, as they were listed when the backup was taken. */
  checksums: ReadonlyMap<string, string>
  /** What the archive says. */
  archived: readonly ArchivedEntry[]
  /** What lies there after it was unpacked. */
  unpacked: readonly ArchivedEntry[]
}

/** Returns every way in which unpacked files are not what was stored. */
export function compareFiles({summary, checksums, archived, unpacked}: FileComparison): Difference[] {
  const expected = newestEntries(archived)
  const actual = new Map(unpacked.map((entry) => [entry.path, entry]))
  const files = expected.filter(({type}) => type === 'file')
  const known = new Set(expected.map(({path}) => path))
  return [
    ...difference('entries', summary.entries, expected.length),
    ...difference('files', summary.files, files.length),
    ...difference('bytes', summary.bytes, sumOf(files)),
    ...difference('checksums', summary.files, checksums.size),
    ...expected.flatMap((entry) => compareEntry(entry, actual.get(entry.path), checksums)),
    ...unpacked.filter(({path}) => !known.has(path)).map(({path}) => fatal(path, 'nothing', 'something')),
  ]
}

function sumOf(files: readonly ArchivedEntry[]): number {
  return files.reduce((sum, {bytes}) => sum + bytes, 0)
}

function compareEntry(
  expected: ArchivedEntry,
  actual: ArchivedEntry | undefined,
  checksums: FileComparison['checksums'],
): readonly Difference[] {
  const {path} = expected
  if (!actual) return [fatal(path, expected.type, 'nothing')]
  // On the disk a hard link is a file as any other.
  const isLink = expected.type === 'hardlink'
  const [type, sha256] = isLink ? ['file', checksums.get(expected.target ?? '')] : [expected.type, checksums.get(path)]
  if (type !== actual.type) return [fatal(path, type, actual.type)]
  return [
    ...(type === 'file' ? difference(path, `SHA-256 ${sha256}`, `SHA-256 ${actual.sha256}`) : []),
    ...(type === 'symlink' ? difference(path, `link to ${expected.target}`, `link to ${actual.target}`) : []),
    ...(type === 'symlink' ? [] : difference(path, modeOf(expected), modeOf(actual))),
    ...(Math.abs(expected.modifiedAt - actual.modifiedAt) <= timeTolerance ? [] : [fatal(path, timeOf(expected), timeOf(actual))]),
  ]
}

function difference(subject: string, expected: string | number, actual: string | number): Difference[] {
  return expected === actual ? [] : [fatal(subject, String(expected), String(actual))]
}

function fatal(path: string, expected: string, actual: string): Difference {
  return {subject: shownPath(path), expected, actual, severity: 'fatal'}
}

function modeOf({mode}: ArchivedEntry): string {
  return `mode ${mode.toString(8).padStart(4, '0')}`
}

function timeOf({modifiedAt}: ArchivedEntry): string {
  return `modified at ${new Date(modifiedAt).toISOString()}`
}
