import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {namedPrograms} from '../../../src/lib/adapters/process/named-programs.ts'
import {folderWith} from '../../support/folder.ts'

async function end(argv: readonly string[], environment: Record<string, string> = {}, input?: string) {
  await using program = namedPrograms(folderWith()).start(argv, environment, input)
  return await program.ended
}

describe('a program of the configuration', () => {
  test('can read what it is told, and sees its variables', async () => {
    expect(await end(['sh', '-c', 'cat; echo $SPARKONE_SET'], {SPARKONE_SET: 'one'}, '{"hook":"after"}\n')).toEqual({
      exitCode: 0,
      output: '{"hook":"after"}\none\n',
    })
  })

  test('finds an empty input where it is told nothing', async () => {
    expect(await end(['cat'])).toEqual({exitCode: 0, output: ''})
  })

  test('that does not care to read a long input ends as well as it likes', async () => {
    expect(await end(['true'], {}, 'x'.repeat(1_000_000))).toMatchObject({exitCode: 0})
  })

  test('that is not there says so', async () => {
    await expect(end(['./no-such-program'], {}, 'x')).rejects.toMatchObject({kind: 'notFound'})
  })

  test('that is not waited for is ended with what it started', async () => {
    const folder = folderWith()
    const file = path.join(folder, 'pid')
    {
      await using program = namedPrograms(folder).start(['sh', '-c', 'sleep 60 & echo $! > pid.new; mv pid.new pid; wait'], {})
      program.ended.catch(() => undefined)
      await expect.poll(() => readOrNull(file)).not.toBeNull()
    }
    const pid = Number(readOrNull(file))
    await expect.poll(() => isRunning(pid)).toBe(false)
  })
})

function readOrNull(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // Not written yet.
    return null
  }
}

/** A child whose parent has gone stays as a zombie where nobody collects it, and then it runs no more. */
function isRunning(pid: number): boolean {
  const status = readOrNull(`/proc/${pid}/status`)
  return status !== null && !/^State:\s+Z/m.test(status)
}
