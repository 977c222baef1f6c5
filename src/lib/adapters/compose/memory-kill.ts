import {formatBytes} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import {ProgramFailure, type Executor} from '../process/executor.ts'
import type {Docker} from './docker.ts'

/** Both versions of control groups count what the kernel has killed in the container, which is how it looks from within. */
const readCounters = 'cat /sys/fs/cgroup/memory.events /sys/fs/cgroup/memory/memory.oom_control 2>/dev/null; true'

/**
 * Returns the same executor, which says so where a program fell because the container has run out of memory: the kernel kills the server or a client
 * of it, and either looks like a restore that failed.
 */
export function explainingMemory(executor: Executor, docker: Docker, id: string, memoryBytes: number | null): Executor {
  const explain = async (error: unknown): Promise<never> => {
    throw error instanceof ProgramFailure && (await ranOutOfMemory(docker, id)) ? killedForMemory(memoryBytes, error) : error
  }
  return {
    description: executor.description,
    run: (argv, options) => executor.run(argv, options).catch(explain),
    start(argv, options) {
      const program = executor.start(argv, options)
      const done = program.done.catch(explain)
      // Who only reads what it writes must not crash the process by how it ends.
      done.catch(() => undefined)
      return {...program, done}
    },
  }
}

/** Returns whether something in a container was killed for memory; false as well where that cannot be seen. */
export async function ranOutOfMemory(docker: Docker, id: string): Promise<boolean> {
  try {
    return /^oom_kill [1-9]/m.test(await docker.run(['exec', id, 'sh', '-c', readCounters]))
  } catch {
    // One that has ended tells nothing any more, but Docker has noted why.
    const noted = await docker.run(['inspect', '--format', '{{.State.OOMKilled}}', id]).catch(() => '')
    return noted.trim() === 'true'
  }
}

/** Returns the error that tells of it; `unreachable`, since it says nothing of the backup. */
export function killedForMemory(memoryBytes: number | null, cause?: unknown): OperatorError {
  const whose = memoryBytes === null ? 'The machine' : `The throw-away server, which may use ${formatBytes(memoryBytes)},`
  return new OperatorError('unreachable', `${whose} ran out of memory during the proof, which says nothing of the backup.`, {
    hint: memoryBytes === null ? 'Prove it where there is more memory.' : 'Raise backup.proofMemory.',
    cause,
  })
}
