import type {ArchivedEntry, FileEntry, FileProblem} from '../domain/file-archive.ts'

type Bytes = AsyncIterable<Uint8Array>

/** The files of the project, and archives of them: tar compressed by zstd. */
export interface ProjectFiles {
  /** Paths are relative to it. */
  readonly folder: string
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** Finds what is to be stored, parents before what they hold. No link is followed. */
  find(): Promise<FoundFiles>
  pack(entries: readonly FileEntry[]): PackedFiles
  /** Reads an archive to its end. Throws `corrupt`; `refused` for paths that lead out of a folder, and devices. */
  list(archive: Bytes): Promise<ArchivedEntry[]>
  /** What git says of the folder; null where it says nothing. */
  revision(): Promise<Revision | null>
  /** Unpacks an archive into a throw-away folder. Throws as `list` does, and `noSpace`. */
  unpack(archive: Bytes): Promise<UnpackedFiles>
  target(folder: string): FileTarget
}

export interface FoundFiles {
  entries: readonly FileEntry[]
  problems: readonly FileProblem[]
}

/** What went into an archive is known once its bytes were read to their end. */
export interface PackedFiles {
  bytes: Bytes
  readonly stored: ArchivedEntry[]
  readonly problems: FileProblem[]
}

export interface Revision {
  commit: string
  /** Null when no branch is checked out. */
  branch: string | null
  /** Whether there are changes that are not committed. */
  dirty: boolean
}

export interface UnpackedFiles extends AsyncDisposable {
  description: string
  /** What the archive says. */
  entries: readonly ArchivedEntry[]
  /** Returns what lies there now, read back from the disk. */
  inspect(): Promise<ArchivedEntry[]>
}

/** A folder that files are restored into. */
export interface FileTarget {
  readonly folder: string
  exists(): Promise<boolean>
  /** Returns those of the paths at which there is something. */
  occupied(paths: readonly string[]): Promise<string[]>
  freeBytes(): Promise<number>
  /** Unpacks an archive where nobody sees it yet. Throws as `unpack` does. */
  stage(archive: Bytes): Promise<StagedFiles>
}

/** Disposing of them removes what was not put in place. */
export interface StagedFiles extends AsyncDisposable {
  entries: readonly ArchivedEntry[]
  /** Puts them in place; what is in the way goes to the folder `kept`. Throws `refused` when something is in the way and `kept` is null; whatever
   * it throws, everything is back as it was. */
  place(kept: string | null): Promise<{replaced: number}>
}
