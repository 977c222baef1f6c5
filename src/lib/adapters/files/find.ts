import {isUtf8} from 'node:buffer'
import type {Stats} from 'node:fs'
import {lstat, readdir, readlink} from 'node:fs/promises'
import {join} from 'node:path'
import type {FileEntry, FileProblem} from '../../domain/file-archive.ts'
import {pathPattern, type PathPattern} from '../../domain/path-pattern.ts'
import {abortError} from '../../errors.ts'
import type {FoundFiles} from '../../ports/project-files.ts'

export interface Search {
  folder: string
  include: readonly string[]
  exclude: readonly string[]
  /** Paths below the folder that are never looked at: the backups themselves, private keys. */
  hidden: ReadonlySet<string>
  signal: AbortSignal
}

/** Returns what the patterns mean, without following a single symbolic link; what cannot be read is named, never left out in silence. */
export async function findFiles({folder, include, exclude, hidden, signal}: Search): Promise<FoundFiles> {
  const walk: Walk = {
    root: folder,
    include: include.map(pathPattern),
    exclude: exclude.map(pathPattern),
    hidden,
    signal,
    problems: [],
    links: new Map(),
  }
  return {entries: await entriesOf('', false, walk), problems: walk.problems}
}

interface Walk {
  root: string
  include: readonly PathPattern[]
  exclude: readonly PathPattern[]
  hidden: ReadonlySet<string>
  signal: AbortSignal
  problems: FileProblem[]
  /** Path of the first name of each file that has several, by device and inode. */
  links: Map<string, string>
}

/** Returns what lies in a folder; `everything` says that the folder itself is meant, and all it holds. */
async function entriesOf(folder: string, everything: boolean, walk: Walk): Promise<FileEntry[]> {
  const found: FileEntry[] = []
  for (const name of await namesIn(folder, walk)) {
    if (walk.signal.aborted) throw abortError(walk.signal)
    const path = folder === '' ? name : `${folder}/${name}`
    if (walk.hidden.has(path) || walk.exclude.some((pattern) => pattern.covers(path))) continue
    const isMeant = everything || walk.include.some((pattern) => pattern.covers(path))
    if (!isMeant && !walk.include.some((pattern) => pattern.reaches(path))) continue
    found.push(...(await look(path, isMeant, walk)))
  }
  return found
}

async function namesIn(folder: string, walk: Walk): Promise<string[]> {
  const names = await attempt(folder, walk, () => readdir(join(walk.root, folder), {encoding: 'buffer'}))
  return (names ?? [])
    .flatMap((name) => {
      if (isUtf8(name)) return [name.toString('utf8')]
      const path = join(folder, name.toString('latin1'))
      walk.problems.push({path, fault: 'unsupported', message: 'its name is no UTF-8, which an archive cannot hold'})
      return []
    })
    .toSorted()
}

async function look(path: string, isMeant: boolean, walk: Walk): Promise<FileEntry[]> {
  const status = await attempt(path, walk, () => lstat(join(walk.root, path)))
  if (!status) return []
  const entry = {path, ...attributesOf(status)}
  if (status.isDirectory()) {
    const held = await entriesOf(path, isMeant, walk)
    return isMeant || held.length > 0 ? [{...entry, type: 'folder'}, ...held] : []
  }
  return isMeant ? leaf(entry, status, walk) : []
}

type Attributes = Omit<FileEntry, 'path' | 'type'>

/** Returns what a status says of anything but the contents. */
export function attributesOf({mode, uid, gid, mtimeMs}: Stats): Attributes {
  return {mode: mode & 0o7777, userId: uid, groupId: gid, modifiedAt: Math.round(mtimeMs * 1000) / 1000, bytes: 0, target: null}
}

async function leaf(entry: Attributes & {path: string}, status: Stats, walk: Walk): Promise<FileEntry[]> {
  const {path} = entry
  if (status.isFile()) return [linked({...entry, type: 'file', bytes: status.size}, status, walk)]
  if (status.isSymbolicLink()) {
    const target = await attempt(path, walk, () => readlink(join(walk.root, path)))
    return target === null ? [] : [{...entry, type: 'symlink', target}]
  }
  // A socket or a pipe holds nothing; whoever listens makes it anew.
  if (!status.isSocket() && !status.isFIFO()) walk.problems.push({path, fault: 'unsupported', message: 'it is a device'})
  return []
}

function linked(entry: FileEntry, {dev, ino, nlink}: {dev: number; ino: number; nlink: number}, {links}: Walk): FileEntry {
  if (nlink === 1) return entry
  const key = `${dev}:${ino}`
  const first = links.get(key)
  if (first !== undefined) return {...entry, type: 'hardlink', bytes: 0, target: first}
  links.set(key, entry.path)
  return entry
}

/** Returns what the action does, or null after noting why it cannot be done. */
async function attempt<T>(path: string, {problems}: Walk, action: () => Promise<T>): Promise<T | null> {
  try {
    return await action()
  } catch (error) {
    problems.push(problemOf(path, error))
    return null
  }
}

/** Returns in words why something cannot be stored. */
export function problemOf(path: string, error: unknown): FileProblem {
  const {code, message} = error as {code?: string; message: string}
  if (code === 'ENOENT' || code === 'ENOTDIR') return {path, fault: 'vanished', message: 'it vanished while the backup ran'}
  if (code === 'EACCES' || code === 'EPERM') return {path, fault: 'unreadable', message: 'permission denied'}
  if (code === 'ELOOP' || code === 'ENXIO') return {path, fault: 'changed', message: 'it became something else while the backup ran'}
  return {path, fault: 'unreadable', message: code ?? message}
}
