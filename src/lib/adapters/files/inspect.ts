import {createHash} from 'node:crypto'
import {createReadStream} from 'node:fs'
import {lstat, readdir, readlink} from 'node:fs/promises'
import {join} from 'node:path'
import type {ArchivedEntry} from '../../domain/file-archive.ts'
import {explainAccess} from '../directory/access.ts'
import {attributesOf} from './find.ts'

/** Returns everything that lies below a folder, with the checksum of each file as it is read back from the disk. */
export async function inspectFiles(root: string, folder = ''): Promise<ArchivedEntry[]> {
  const names = await explainAccess(join(root, folder), () => readdir(join(root, folder)))
  const entries: ArchivedEntry[] = []
  for (const name of names.toSorted()) {
    const path = folder === '' ? name : `${folder}/${name}`
    const entry = await explainAccess(join(root, path), () => inspect(join(root, path), path))
    entries.push(entry)
    if (entry.type === 'folder') entries.push(...(await inspectFiles(root, path)))
  }
  return entries
}

async function inspect(place: string, path: string): Promise<ArchivedEntry> {
  const status = await lstat(place)
  const entry = {path, ...attributesOf(status), sha256: null}
  if (status.isDirectory()) return {...entry, type: 'folder'}
  if (status.isSymbolicLink()) return {...entry, type: 'symlink', target: await readlink(place)}
  return {...entry, type: 'file', bytes: status.size, sha256: await hashOf(place)}
}

async function hashOf(place: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(place)) hash.update(chunk as Uint8Array)
  return hash.digest('hex')
}
