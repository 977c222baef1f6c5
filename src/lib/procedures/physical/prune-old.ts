import type {Change} from '../../change.ts'
import {folderName, keptFolders, recoveringFolderName, unfinishedFolders, type KeptFolder} from '../../domain/kept-folder.ts'
import {count, formatBytes, formatDuration} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import type {PruneInput} from '../prune-old.ts'

interface Measured extends KeptFolder {
  bytes: number
  /** A server runs on it. */
  running: boolean
}

interface Facts {
  path: string
  /** Newest first. */
  kept: readonly Measured[]
  unfinished: readonly string[]
  shortId: string
  now: Date
}

export interface PhysicalPrunePlan {
  summary: readonly string[]
  path: string
  remove: readonly {path: string; bytes: number}[]
  keep: readonly string[]
  unfinished: readonly string[]
  /** Name that a folder has while it is removed. */
  going: string
}

export interface PhysicalPruneResult {
  folder: string
  removed: readonly {folder: string; bytes: number}[]
  kept: readonly string[]
}

/** Removes the data folders that earlier restores put aside. Only names that a restore of this very folder gives are ever looked at. */
export const prunePhysically: Change<PruneInput, Facts, PhysicalPrunePlan, PhysicalPruneResult> = {
  name: 'restore --prune-old',

  async gather(_input, ports) {
    const folder = await (await ports.physical()).dataFolder()
    const {siblings} = await folder.state()
    const kept: Measured[] = []
    for (const each of keptFolders(folder.path, siblings)) kept.push({...each, ...(await folder.lookAt(each.path))})
    const unfinished = unfinishedFolders(folder.path, siblings)
    return {path: folder.path, kept, unfinished, shortId: ports.random.shortId(), now: ports.clock.now()}
  },

  plan({path, kept, unfinished, shortId, now}, {keep}) {
    const [staying, going] = [kept.slice(0, keep), kept.slice(keep)]
    if (going.length === 0) {
      throw new OperatorError(
        'notFound',
        `There is nothing to remove: ${count(kept.length, 'kept folder')}, of which ${keep} are to stay.`,
        {
          hint: 'sparkone restore --list shows them; --keep N says how many stay.',
        },
      )
    }
    const used = going.find(({running}) => running)
    if (used) {
      throw new OperatorError('refused', `A server runs on ${used.path}, or died there.`, {
        hint: `Stop it first. Where none runs, remove ${used.path}/postmaster.pid.`,
      })
    }
    return {
      path,
      remove: going,
      keep: staying.map((each) => each.path),
      unfinished,
      going: recoveringFolderName(path, shortId),
      summary: [
        ...going.map(
          ({path: name, bytes, at}) =>
            `remove ${name} (${formatBytes(bytes)}), put aside ${formatDuration(now.getTime() - at.getTime())} ago`,
        ),
        ...staying.map(({path: name}) => `keep ${name}`),
        `that gives back ${formatBytes(going.reduce((sum, {bytes}) => sum + bytes, 0))}, and cannot be undone`,
      ],
    }
  },

  question({remove, path}) {
    return `Remove ${count(remove.length, 'data folder')} that restores of ${path} put aside, for good?`
  },

  typed({path}) {
    return folderName(path)
  },

  async apply({path, remove, keep, unfinished, going}, ports) {
    const folder = await (await ports.physical()).dataFolder()
    for (const left of unfinished) await folder.discard(left)
    for (const {path: name} of remove) {
      // Under a name that no undo brings back: half a folder must never become the live one.
      await ports.progress.step(`Remove ${name}`, async () => {
        await folder.rename([{from: name, to: going}])
        await folder.discard(going)
      })
    }
    return {folder: path, removed: remove.map(({path: name, bytes}) => ({folder: name, bytes})), kept: keep}
  },
}
