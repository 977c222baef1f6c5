import {messageOf, OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {DataFolder} from '../../ports/physical.ts'

export interface FolderSwap {
  folder: DataFolder
  /** A server runs on the live folder. */
  running: boolean
  /** Name for the live folder; null where there is none. */
  kept: string | null
  incoming: string
}

/** How long the server may take until it can be written to. */
const startLimitMilliseconds = 10 * 60 * 1000
const pollMilliseconds = 200

/**
 * Stops the server, puts another folder in the place of its data and starts it. Throws `rolledBack` when it does not come up, with the old folder
 * back and started, and `failed` when not even that was possible.
 */
export async function swapFolders(swap: FolderSwap, ports: Ports): Promise<void> {
  const {folder, running, kept, incoming} = swap
  if (running) await folder.stop()
  try {
    await folder.rename([...(kept === null ? [] : [{from: folder.path, to: kept}]), {from: incoming, to: folder.path}])
  } catch (error) {
    // Nothing has another name, so the server may go on as it was.
    if (running) await folder.start()
    throw error
  }
  try {
    await folder.start()
    await untilWritable(ports)
  } catch (error) {
    await putBack(swap, error)
    throw rolledBack(swap, error)
  }
}

async function putBack({folder, kept, incoming}: FolderSwap, cause: unknown): Promise<void> {
  try {
    if ((await folder.state()).running) await folder.stop()
    await folder.rename([{from: folder.path, to: incoming}, ...(kept === null ? [] : [{from: kept, to: folder.path}])])
    if (kept !== null) await folder.start()
  } catch (error) {
    const details = [`First: ${messageOf(cause)}`, `Then: ${messageOf(error)}`]
    throw new OperatorError('failed', 'The server did not come up with the recovered data, and the old data could not be put back.', {
      details,
      hint:
        kept === null ? `Look at ${folder.path}.` : `Stop the server; mv ${folder.path} ${incoming}; mv ${kept} ${folder.path}; start it.`,
      cause,
    })
  }
}

function rolledBack({kept, incoming}: FolderSwap, cause: unknown): OperatorError {
  const back = kept === null ? 'Nothing runs there now' : 'The old data is back, and the server was started with it'
  return new OperatorError('rolledBack', `The server did not come up with the other data: ${messageOf(cause)} ${back}.`, {
    hint: `What it did not come up with is in ${incoming}; its log says why.`,
    cause,
  })
}

async function untilWritable({clock, runtime, signal}: Ports): Promise<void> {
  const {database} = await runtime()
  let said = ''
  for (const begin = clock.elapsed(); clock.elapsed() - begin < startLimitMilliseconds; await clock.sleep(pollMilliseconds, signal)) {
    try {
      const [row] = await database.query<{recovering: boolean}>('postgres', 'SELECT pg_is_in_recovery() AS recovering')
      if (row?.recovering === false) return
      said = 'It is still recovering.'
    } catch (error) {
      if (!(error instanceof OperatorError) || error.kind !== 'unreachable') throw error
      said = error.message
    }
  }
  throw new OperatorError('timeout', `The server could not be written to within ten minutes. ${said}`)
}
