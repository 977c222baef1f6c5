import type {Revision} from '../../ports/project-files.ts'
import {LocalExecutor} from '../process/local.ts'
import {ProgramFailure} from '../process/executor.ts'

const limitMilliseconds = 5000

/** Returns what git says of a folder; null without git, outside of a repository, or where git refuses to look. */
export async function revisionOf(folder: string, signal: AbortSignal): Promise<Revision | null> {
  const machine = new LocalExecutor({workingFolder: folder, environment: {GIT_OPTIONAL_LOCKS: '0', GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C'}})
  const limited = AbortSignal.any([signal, AbortSignal.timeout(limitMilliseconds)])
  // A repository can name programs of its own that git would run, as whoever runs the backup.
  const git = (...words: string[]) =>
    machine.run(['git', '-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', ...words], {signal: limited})
  try {
    const commit = (await git('rev-parse', 'HEAD')).trim()
    const branch = (await git('rev-parse', '--abbrev-ref', 'HEAD')).trim()
    const changes = await git('status', '--porcelain', '--untracked-files=normal')
    return {commit, branch: branch === 'HEAD' ? null : branch, dirty: changes !== ''}
  } catch (error) {
    if (signal.aborted) throw error
    // What the report says besides matters more than why git does not answer.
    if (error instanceof ProgramFailure || limited.aborted) return null
    throw error
  }
}
