import type {Change} from '../change.ts'
import {newestEntries, shownPath, type ArchivedEntry, type FileSet} from '../domain/file-archive.ts'
import {count, formatBytes, formatDuration} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'

import {findFileSet, openFiles, readChecksums, type FileSource} from './file-sets.ts'
import {readBackSet} from './restore-source.ts'

export interface RestoreFilesInput {
  selector: string
  /** Absolute path; null: a new folder beside that of the project. */
  into: string | null
  overwrite: boolean
  /** Name of the only place to look in. */
  from?: string | undefined
}

interface Facts {
  source: FileSource
  entries: readonly ArchivedEntry[]
  folder: string
  exists: boolean
  /** Paths of the backup at which there is something in the folder. */
  occupied: readonly string[]
  freeBytes: number
  now: Date
}

export interface RestoreFilesPlan {
  summary: readonly string[]
  source: FileSource
  folder: string
  /** Folder for what is in the way; null: nothing may be. */
  kept: string | null
  occupied: number
}

export interface RestoreFilesResult {
  set: FileSet
  folder: string
  kept: string | null
  files: number
  bytes: number
  replaced: number
  seconds: number
}

const shownPaths = 5

/** Unpacks a set of files where nobody sees it, compares every file, and only then renames them into place; what was there is kept. */
export const restoreFiles: Change<RestoreFilesInput, Facts, RestoreFilesPlan, RestoreFilesResult> = {
  name: 'restore files',
  touches: 'backups',

  async gather({selector, into, from}, ports) {
    const files = await ports.projectFiles()
    const source = await findFileSet(selector, ports, {proven: true, from})
    const {set, store} = source
    const entries = await ports.progress.step(`Read ${set.manifest.id} to its end`, async () => {
      await readBackSet(set, store)
      return files.list(openFiles(source))
    })
    const target = files.target(into ?? `${parentOf(files.folder)}/restored-${set.manifest.id}`)
    const paths = newestEntries(entries)
      .filter(({type}) => type !== 'folder')
      .map(({path}) => path)
    const [exists, occupied, freeBytes] = [await target.exists(), await target.occupied(paths), await target.freeBytes()]
    return {source, entries, folder: target.folder, exists, occupied, freeBytes, now: ports.clock.now()}
  },

  plan({source, folder, exists, occupied, freeBytes, now}, {overwrite}) {
    const {id, startedAt, files} = source.set.manifest
    if (occupied.length > 0 && !overwrite) throw occupiedError(folder, occupied)
    if (freeBytes < files.bytes) {
      throw new OperatorError('noSpace', `The files need ${formatBytes(files.bytes)}, but ${folder} has ${formatBytes(freeBytes)} free.`, {
        hint: 'Free some space, or name a folder on a larger disk with --into.',
      })
    }
    const kept = overwrite && exists ? `${folder}/.sparkone-before-${compactTime(now)}` : null
    const age = formatDuration(now.getTime() - Date.parse(startedAt))
    const summary = [
      `unpack ${count(files.files, 'file')} (${formatBytes(files.bytes)}) of ${id}, taken ${age} ago, and compare each`,
      exists ? `put them into ${folder}` : `name the new folder ${folder}`,
      ...(occupied.length > 0
        ? [`put ${count(occupied.length, 'file')} that ${occupied.length === 1 ? 'is' : 'are'} there now into ${kept}`]
        : []),
    ]
    return {source, folder, kept, occupied: occupied.length, summary}
  },

  question({occupied, folder, source}) {
    return occupied > 0 ? `Put the files of ${source.set.manifest.id} in the place of ${occupied} in ${folder}?` : null
  },

  async apply({source, folder, kept}, ports) {
    const {set} = source
    const {clock, progress} = ports
    const begin = clock.elapsed()
    const files = await ports.projectFiles()
    const checksums = await readChecksums(source)
    await using staged = await progress.step('Unpack it', async () => files.target(folder).stage(openFiles(source)))
    assertWhole(set, staged.entries, checksums)
    const {replaced} = await progress.step(`Put it into ${folder}`, () => staged.place(kept))
    const {files: amount, bytes} = set.manifest.files
    return {set, folder, kept: replaced > 0 ? kept : null, files: amount, bytes, replaced, seconds: (clock.elapsed() - begin) / 1000}
  },
}

function parentOf(folder: string): string {
  return folder.slice(0, folder.lastIndexOf('/'))
}

/** Returns a UTC time as `20261122_100000`, as it stands in the names of databases that a restore kept. */
function compactTime(time: Date): string {
  return time.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')
}

function occupiedError(folder: string, occupied: readonly string[]): OperatorError {
  const more = occupied.length > shownPaths ? [`… and ${occupied.length - shownPaths} more`] : []
  return new OperatorError(
    'refused',
    `${count(occupied.length, 'file')} of the backup ${occupied.length === 1 ? 'is' : 'are'} in ${folder} already.`,
    {
      details: [...occupied.slice(0, shownPaths).map(shownPath), ...more],
      hint: 'Restore into another folder with --into, or say --overwrite: what is there is kept aside.',
    },
  )
}

function assertWhole(set: FileSet, entries: readonly ArchivedEntry[], checksums: ReadonlyMap<string, string>): void {
  const newest = newestEntries(entries)
  const wrong = newest.filter(({type, path, sha256}) => type === 'file' && checksums.get(path) !== sha256)
  if (wrong.length === 0 && newest.length === set.manifest.files.entries) return
  throw new OperatorError('corrupt', `The files of ${set.manifest.id} are not those that were stored.`, {
    details: wrong.slice(0, shownPaths).map(({path}) => shownPath(path)),
    hint: 'Use another backup: sparkone restore --list',
  })
}
