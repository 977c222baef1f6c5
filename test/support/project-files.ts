import {mkdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {LocalProjectFiles, type ProjectFilesOptions} from '../../src/lib/adapters/files/project-files.ts'
import type {ArchivedEntry} from '../../src/lib/domain/file-archive.ts'
import type {Bytes} from '../../src/lib/ports.ts'
import {FakeClock} from './fakes/clock.ts'
import {collect} from './fakes/store.ts'
import {folderWith} from './folder.ts'

/** Returns the files of a project in a folder, all of them unless said otherwise. */
export function projectFiles(folder: string, options: Partial<ProjectFilesOptions> = {}): LocalProjectFiles {
  return new LocalProjectFiles({
    folder,
    include: ['**'],
    isChosen: true,
    exclude: [],
    hidden: [],
    scratch: folderWith(),
    owner: 'shop-production',
    clock: new FakeClock(new Date(), {sleeping: 'skip'}),
    signal: new AbortController().signal,
    ...options,
  })
}

/** Writes a file below a folder, with its own name as contents unless said otherwise. */
export function writeBelow(folder: string, name: string, contents: string | Buffer = name): void {
  mkdirSync(path.dirname(path.join(folder, name)), {recursive: true})
  writeFileSync(path.join(folder, name), contents)
}

/** Returns an archive of everything that the files of a project are, and what did not get into it as it should. */
export async function archiveOf(files: LocalProjectFiles): Promise<{archive: Uint8Array; stored: ArchivedEntry[]; problems: string[]}> {
  const {entries, problems} = await files.find()
  const packed = files.pack(entries)
  const archive = await collect(packed.bytes)
  return {archive, stored: packed.stored, problems: [...problems, ...packed.problems].map((each) => `${each.path} ${each.fault}`)}
}

export async function* bytesOf(bytes: Uint8Array): Bytes {
  yield bytes
}
