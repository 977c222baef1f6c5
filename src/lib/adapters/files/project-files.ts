import {mkdir, mkdtemp, readdir, realpath, rename, rm, statfs} from 'node:fs/promises'
import {dirname, join, relative} from 'node:path'
import type {ArchivedEntry, FileEntry, FileProblem} from '../../domain/file-archive.ts'
import {pathPattern} from '../../domain/path-pattern.ts'
import type {Bytes, Clock} from '../../ports.ts'
import type {FileTarget, FoundFiles, PackedFiles, ProjectFiles, Revision, StagedFiles, UnpackedFiles} from '../../ports/project-files.ts'
import {explainAccess} from '../directory/access.ts'
import {extractArchive, statusOf} from './extract.ts'
import {findFiles} from './find.ts'
import {inspectFiles} from './inspect.ts'
import {packFiles} from './pack.ts'
import {listArchive} from './read.ts'
import {revisionOf} from './revision.ts'
import {swapIn} from './swap-in.ts'

/** Never stored: what other programs make anew, what git keeps elsewhere, and what a restore has put aside. */
const alwaysExcluded = ['**/node_modules', '**/.git/objects', '**/.sparkone-*']
const pauseMilliseconds = 100

export interface ProjectFilesOptions {
  folder: string
  include: readonly string[]
  /** The operator chose what to include, so each pattern must mean something. */
  isChosen: boolean
  exclude: readonly string[]
  /** Absolute paths that are never looked at: the backups themselves, private keys. */
  hidden: readonly string[]
  /** Folder for throw-away copies; whoever keeps it sweeps names that begin with `.partial-`. */
  scratch: string
  /** Project and environment: only one run of these is under way at a time. */
  owner: string
  clock: Clock
  signal: AbortSignal
}

/** The files of a project on this machine. */
export class LocalProjectFiles implements ProjectFiles {
  readonly folder: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  readonly #options: ProjectFilesOptions

  constructor(options: ProjectFilesOptions) {
    this.#options = options
    this.folder = options.folder
    this.include = options.include
    this.exclude = [...alwaysExcluded, ...options.exclude]
  }

  async find(): Promise<FoundFiles> {
    const {folder, include, exclude} = this
    const {signal, hidden, isChosen} = this.#options
    const found = await findFiles({folder, include, exclude, hidden: await pathsBelow(folder, hidden), signal})
    return isChosen ? {...found, problems: [...found.problems, ...idlePatterns(include, found.entries)]} : found
  }

  pack(entries: readonly FileEntry[]): PackedFiles {
    const {clock, signal} = this.#options
    return packFiles(entries, {folder: this.folder, signal, pause: () => clock.sleep(pauseMilliseconds, signal)})
  }

  list(archive: Bytes): Promise<ArchivedEntry[]> {
    return listArchive(archive)
  }

  revision(): Promise<Revision | null> {
    return revisionOf(this.folder, this.#options.signal)
  }

  async unpack(archive: Bytes): Promise<UnpackedFiles> {
    const {scratch} = this.#options
    await explainAccess(scratch, () => mkdir(scratch, {recursive: true, mode: 0o700}))
    const root = await explainAccess(scratch, () => mkdtemp(join(scratch, '.partial-verify-')))
    const dispose = () => rm(root, {recursive: true, force: true})
    try {
      const entries = await this.#extract(archive, root)
      return {description: root, entries, inspect: () => inspectFiles(root), [Symbol.asyncDispose]: dispose}
    } catch (error) {
      await dispose()
      throw error
    }
  }

  target(folder: string): FileTarget {
    return {
      folder,
      exists: async () => (await explainAccess(folder, () => statusOf(folder))) !== null,
      occupied: (paths) => occupied(folder, paths),
      freeBytes: () => freeBytes(folder),
      stage: (archive) => this.#stage(folder, archive),
    }
  }

  #extract(archive: Bytes, root: string): Promise<ArchivedEntry[]> {
    return extractArchive(archive, {root, setsOwners: process.getuid?.() === 0, signal: this.#options.signal})
  }

  /** Beside the new folder, or in the one that is there: on the same file system, so that renaming is all that is left to do. */
  async #stage(folder: string, archive: Bytes): Promise<StagedFiles> {
    const isNew = (await statusOf(folder)) === null
    const base = isNew ? dirname(folder) : folder
    const prefix = `.sparkone-restoring-${this.#options.owner}-`
    await explainAccess(base, () => mkdir(base, {recursive: true}))
    await sweep(base, prefix)
    const staged = await explainAccess(base, () => mkdtemp(join(base, prefix)))
    const dispose = () => rm(staged, {recursive: true, force: true})
    try {
      const entries = await this.#extract(archive, staged)
      const place = (kept: string | null) => (isNew ? moveIn(staged, folder) : swapIn(entries, {staged, folder, kept}))
      return {entries, place, [Symbol.asyncDispose]: dispose}
    } catch (error) {
      await dispose()
      throw error
    }
  }
}

/** Returns those of the absolute paths that lie below the folder, relative to it and with every link resolved. */
async function pathsBelow(folder: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  const real = await realpath(folder).catch(() => folder)
  const resolved = await Promise.all(paths.map(async (path) => [path, await realpath(path).catch(() => path)]))
  const below = resolved.flat().flatMap((path) => [relative(folder, path), relative(real, path)])
  return new Set(below.filter((path) => path !== '' && !path.startsWith('..')))
}

function idlePatterns(include: readonly string[], entries: readonly FileEntry[]): FileProblem[] {
  const idle = include.map(pathPattern).filter((pattern) => !entries.some(({path}) => pattern.covers(path)))
  return idle.map(({text}) => ({path: text, fault: 'nothing', message: 'nothing is there that backup.files.include means by it'}))
}

async function occupied(folder: string, paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths) if (await explainAccess(join(folder, path), () => statusOf(join(folder, path)))) found.push(path)
  return found
}

async function freeBytes(folder: string): Promise<number> {
  if ((await statusOf(folder)) === null) return freeBytes(dirname(folder))
  const {bavail, bsize} = await statfs(folder)
  return bavail * bsize
}

/** What a run that was killed left behind. */
async function sweep(base: string, prefix: string): Promise<void> {
  const leftovers = (await readdir(base)).filter((name) => name.startsWith(prefix))
  await Promise.all(leftovers.map((name) => rm(join(base, name), {recursive: true, force: true})))
}

async function moveIn(staged: string, folder: string): Promise<{replaced: number}> {
  await explainAccess(folder, () => rename(staged, folder))
  return {replaced: 0}
}
