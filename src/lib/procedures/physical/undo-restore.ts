import type {Change} from '../../change.ts'
import {folderName, keptFolderName, keptFolders, type KeptFolder} from '../../domain/kept-folder.ts'
import {OperatorError} from '../../errors.ts'
import type {DataFolderState} from '../../ports/physical.ts'
import {swapFolders} from './swap.ts'

interface Facts {
  path: string
  folder: DataFolderState
  now: Date
}

interface Plan {
  summary: readonly string[]
  path: string
  running: boolean
  /** What comes back. */
  incoming: KeptFolder
  /** Name that the present folder gets. */
  kept: string | null
}

export interface PhysicalUndoResult {
  folder: string
  broughtBack: string
  kept: string | null
  seconds: number
}

/** Puts the data folder that the last restore put aside back in place. Undoing twice is redoing. */
export const undoPhysically: Change<object, Facts, Plan, PhysicalUndoResult> = {
  name: 'restore --undo',

  async gather(_input, ports) {
    const folder = await (await ports.physical()).dataFolder()
    return {path: folder.path, folder: await folder.state(), now: ports.clock.now()}
  },

  plan({path, folder, now}) {
    const [incoming] = keptFolders(path, folder.siblings)
    if (!incoming) {
      throw new OperatorError('notFound', `No restore has put a folder ${path} aside.`, {
        hint: 'sparkone restore --list shows what there is.',
      })
    }
    if (!folder.canSwap) throw handwork(path, incoming, now)
    const kept = folder.exists ? keptFolderName(path, now) : null
    return {
      path,
      running: folder.running,
      incoming,
      kept,
      summary: [
        `stop the server and put ${incoming.path} back as ${path}`,
        ...(kept === null ? [] : [`the present data stays as ${kept}; sparkone restore --undo again swaps back`]),
      ],
    }
  },

  question({path, incoming}) {
    return `Stop the server and put ${incoming.path} back in the place of ${path}?`
  },

  typed({path}) {
    return folderName(path)
  },

  async apply({path, running, incoming, kept}, ports) {
    const begin = ports.clock.elapsed()
    const folder = await (await ports.physical()).dataFolder()
    await ports.progress.step(`Put ${incoming.path} back`, () => swapFolders({folder, running, kept, incoming: incoming.path}, ports))
    return {folder: path, broughtBack: incoming.path, kept, seconds: (ports.clock.elapsed() - begin) / 1000}
  },
}

function handwork(path: string, incoming: KeptFolder, now: Date): OperatorError {
  return new OperatorError('refused', 'sparkone was not told how to stop and start the server.', {
    details: ['stop the server', `mv ${path} ${keptFolderName(path, now)}`, `mv ${incoming.path} ${path}`, 'start the server'],
    hint: 'Do this by hand, or set backup.pgbackrest.stop and backup.pgbackrest.start.',
  })
}
