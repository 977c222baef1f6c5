import {OperatorError} from '../errors.ts'
import type {BackupSet, Manifest} from './backup-set.ts'

/** Something below the folder of a project, as it is stored. Paths are relative, with `/` between their parts. */
export interface FileEntry {
  path: string
  type: 'file' | 'folder' | 'symlink' | 'hardlink'
  /** Permission bits, with setuid, setgid and sticky. */
  mode: number
  userId: number
  groupId: number
  /** Milliseconds since 1970, with fractions. */
  modifiedAt: number
  /** Of the contents; 0 for all but files. */
  bytes: number
  /** What a symbolic link says, or the path of the entry that a hard link is the same file as. */
  target: string | null
}

/** An entry as it lies in an archive. */
export interface ArchivedEntry extends FileEntry {
  /** SHA-256 of the contents in lower-case hexadecimal; null for all but files. */
  sha256: string | null
}

/** Why something is not in the archive as it should be. */
export type FileFault = 'changed' | 'vanished' | 'unreadable' | 'unsupported' | 'nothing'

export interface FileProblem {
  path: string
  fault: FileFault
  /** A clause, for people. */
  message: string
}

/** What a set of files holds; its entries are listed in the archive itself. */
export interface FilesSummary {
  /** Folder that the paths are relative to, on the machine that the backup was taken on. */
  folder: string
  /** Different paths in the archive. */
  entries: number
  files: number
  /** Bytes of the contents of all files. */
  bytes: number
  /** Entries in the archive; more than paths where a file was stored again because it had changed. */
  stored: number
  include: readonly string[]
  exclude: readonly string[]
  /** What is missing, or not in one state. */
  problems: readonly FileProblem[]
}

/** A set of files; the database of its manifest has no name. */
export type FileSet = BackupSet & {manifest: Manifest & {files: FilesSummary}}

/** Returns whether a set holds files of the project, and no database. */
export function isFileSet(set: BackupSet): set is FileSet {
  return set.manifest.kind === 'files' && set.manifest.files !== undefined
}

/** Returns the last of the entries of each path: a file that was stored again replaces the one before. */
export function newestEntries<Entry extends {path: string}>(entries: readonly Entry[]): Entry[] {
  return [...new Map(entries.map((entry) => [entry.path, entry])).values()]
}

/** Returns the difference between what was stored and what was read back, or null. */
export function archiveDifference(stored: readonly ArchivedEntry[], read: readonly ArchivedEntry[]): string | null {
  if (stored.length !== read.length) return `${stored.length} entries were stored, ${read.length} can be read`
  const different = stored.findIndex((entry, index) => fingerprint(entry) !== fingerprint(read[index]!))
  return different === -1 ? null : `${shownPath(stored[different]!.path)} cannot be read as it was stored`
}

function fingerprint({path, type, mode, userId, groupId, modifiedAt, bytes, target, sha256}: ArchivedEntry): string {
  return JSON.stringify([path, type, mode, userId, groupId, modifiedAt, bytes, target, sha256])
}

/** Throws `refused` for a path that would lead out of the folder it is restored into. */
export function assertInside(path: string): void {
  const parts = path.split('/')
  if (path !== '' && !path.includes('\0') && !parts.some((part) => part === '' || part === '.' || part === '..')) return
  throw new OperatorError('refused', `The archive names ${shownPath(path)}, which would lead out of the folder it is restored into.`, {
    hint: 'sparkone writes no such paths, so it was made or changed by something else; use another backup.',
  })
}

/** Returns a path fit for a line of text. */
export function shownPath(path: string): string {
  return /^[\p{L}\p{N}\p{P}\p{S} ]+$/u.test(path) && !/["\\]/.test(path) ? path : JSON.stringify(path)
}

/** Returns the lines that `sha256sum --check` reads: one for each file. */
export function checksumLines(entries: readonly ArchivedEntry[]): string[] {
  return newestEntries(entries).flatMap(({path, sha256}) => (sha256 === null ? [] : [checksumLine(path, sha256)]))
}

/** A name with a backslash or a line end is escaped, and the line begins with a backslash to say so. */
function checksumLine(path: string, sha256: string): string {
  const escaped = path
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
  return `${escaped === path ? '' : '\\'}${sha256}  ./${escaped}\n`
}

/** Returns what `checksumLines` wrote: SHA-256 by path. Throws `corrupt`. */
export function parseChecksums(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line !== '')
  return new Map(lines.map(parseChecksum))
}

function parseChecksum(line: string): [path: string, sha256: string] {
  const match = /^(\\?)([0-9a-f]{64}) {2}\.\/(.+)$/s.exec(line)
  if (!match)
    throw new OperatorError('corrupt', 'The list of checksums cannot be understood.', {hint: 'Use another backup: sparkone restore --list'})
  const [, escaped, sha256, path] = match as unknown as [string, string, string, string]
  const plain = path.replaceAll(/\\(.)/g, (_, letter: string) => ({n: '\n', r: '\r'})[letter] ?? letter)
  return [escaped ? plain : path, sha256]
}
