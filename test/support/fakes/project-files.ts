import {createHash} from 'node:crypto'
import type {ArchivedEntry, FileEntry, FileProblem} from '../../../src/lib/domain/file-archive.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Bytes} from '../../../src/lib/ports.ts'
import type {FileTarget, ProjectFiles, Revision, UnpackedFiles} from '../../../src/lib/ports/project-files.ts'
import {collect} from './store.ts'

type Stored = ArchivedEntry & {text: string}

/** Files of a project in memory, by path; an archive of them is their JSON. */
export class FakeProjectFiles implements ProjectFiles {
  readonly folder = '/srv/shop'
  readonly include = ['ops']
  readonly exclude = ['**/node_modules']
  contents = new Map([
    ['ops/compose.yml', 'services: {}'],
    ['sparkone.yml', 'project: shop'],
  ])
  /** What is wrong with what is found, and with what is read. */
  problems: FileProblem[] = []
  changing: FileProblem[] = []
  revisionFound: Revision | null = {commit: 'a'.repeat(40), branch: 'main', dirty: false}
  /** Happens to what is unpacked. */
  afterUnpack: (entries: ArchivedEntry[]) => void = () => {}
  /** Entries that a reader does not get to see. */
  unread = 0
  /** Other folders, with what is in them. */
  readonly folders = new Map<string, Map<string, string>>([[this.folder, this.contents]])
  free = 1_000_000_000
  disposed = 0

  async find() {
    return {entries: [...this.contents].map(([path, text]) => entryOf(path, text)), problems: this.problems}
  }

  pack(entries: readonly FileEntry[]) {
    const stored = entries.map((entry): Stored => {
      const text = this.contents.get(entry.path)!
      return {...entry, sha256: createHash('sha256').update(text).digest('hex'), text}
    })
    return {bytes: toBytes(JSON.stringify(stored)), stored: stored.map(withoutText), problems: this.changing}
  }

  async list(archive: Bytes): Promise<ArchivedEntry[]> {
    return (await parse(archive)).slice(this.unread).map(withoutText)
  }

  async revision() {
    return this.revisionFound
  }

  async unpack(archive: Bytes): Promise<UnpackedFiles> {
    const entries = (await parse(archive)).map(withoutText)
    const found = structuredClone(entries)
    this.afterUnpack(found)
    return {description: 'memory', entries, inspect: async () => found, [Symbol.asyncDispose]: async () => void (this.disposed += 1)}
  }

  target(folder: string): FileTarget {
    const there = this.folders.get(folder)
    return {
      folder,
      exists: async () => there !== undefined,
      occupied: async (paths) => paths.filter((path) => there?.has(path)),
      freeBytes: async () => this.free,
      stage: async (archive) => {
        const entries = await parse(archive)
        return {
          entries: entries.map(withoutText),
          place: async (kept) => this.#place(folder, entries, kept),
          [Symbol.asyncDispose]: async () => void (this.disposed += 1),
        }
      },
    }
  }

  #place(folder: string, entries: readonly Stored[], kept: string | null): {replaced: number} {
    const there = this.folders.get(folder) ?? new Map<string, string>()
    const old = entries.filter(({path}) => there.has(path))
    if (old.length > 0 && kept === null) throw new OperatorError('refused', 'something is there already')
    if (kept !== null) this.folders.set(kept, new Map(old.map(({path}) => [path, there.get(path)!])))
    for (const {path, text} of entries) there.set(path, text)
    this.folders.set(folder, there)
    return {replaced: old.length}
  }
}

function entryOf(path: string, text: string): FileEntry {
  return {path, type: 'file', mode: 0o644, userId: 0, groupId: 0, modifiedAt: 1_700_000_000_000, bytes: text.length, target: null}
}

function withoutText({text: _text, ...entry}: Stored): ArchivedEntry {
  return entry
}

async function parse(archive: Bytes): Promise<Stored[]> {
  return JSON.parse(new TextDecoder().decode(await collect(archive))) as Stored[]
}

async function* toBytes(text: string): Bytes {
  yield new TextEncoder().encode(text)
}
