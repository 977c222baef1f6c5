import {randomBytes} from 'node:crypto'
import {OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import {ProgramFailure, type Executor} from '../process/executor.ts'
import {countProcessors} from './weigh.ts'

/** Where an archive can be laid down as a file, so that several processes can read it. */
export interface Staging {
  /** How the paths of such files begin; what begins like that is removed by the sweep of the next run, or goes with its server. */
  prefix(): Promise<string>
  /** Part of the processors that a restore may take, from 0 to 1. */
  share: number
  /** What the configuration says of the number of processes; null where it says nothing. */
  jobs: number | null
  /** Processors that the server may use, where that are fewer than there are. */
  processors?: number
}

/** The other half is for those whom the server goes on serving. */
export const shareOfLiveServer = 0.5

// Only a name that is not there yet is written to: in a folder that all may write to, somebody else could have made it a link.
const layDown = 'umask 077; set -C; exec cat >"$1"'

const measureRoom = `
folder=$(dirname "$1x")
[ -w "$folder" ] && df -Pk "$folder" 2>/dev/null | tail -n 1 || echo
${countProcessors}`

/** Returns what there is of room and processors where the programs run. */
export async function measureStaging(
  executor: Executor,
  prefix: string,
  signal: AbortSignal,
): Promise<{freeBytes: number | null; processors: number}> {
  const text = await executor.run(['sh', '-c', measureRoom, 'sh', prefix], {signal})
  const [space = '', processors = ''] = text.trimEnd().split('\n')
  const kibibytes = /^\S.*?\s(\d+)\s+\d+%/.exec(space)?.[1]
  return {freeBytes: kibibytes === undefined ? null : Number(kibibytes) * 1024, processors: Number(processors) || 1}
}

/** Writes an archive where the programs run, calls `use` with its path, and removes it on every path. Throws what reading the archive throws, before `use`. */
export async function withStagedArchive(
  {executor, prefix, signal}: {executor: Executor; prefix: string; signal: AbortSignal},
  archive: Bytes,
  use: (path: string) => Promise<void>,
): Promise<void> {
  const path = `${prefix}${randomBytes(6).toString('hex')}.dump`
  try {
    await executor.run(['sh', '-c', layDown, 'sh', path], {input: archive, signal}).catch(explainLayingDown)
    await use(path)
  } finally {
    // Without the signal: what was interrupted is cleaned up all the same.
    await executor.run(['rm', '-f', path])
  }
}

function explainLayingDown(error: unknown): never {
  if (!(error instanceof ProgramFailure)) throw error
  const said = error.stderr.trim().split('\n').at(-1) ?? ''
  const kind = /no space|quota/i.test(said) ? 'noSpace' : 'failed'
  throw new OperatorError(kind, `The archive could not be laid down beside the server: ${said || error.message}`, {
    hint: 'With restore.jobs: 1 it is restored as it streams by.',
    cause: error,
  })
}
