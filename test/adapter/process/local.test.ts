import {getPriority} from 'node:os'
import {describe, expect, test} from 'vitest'
import {findProgram} from '../../../src/lib/adapters/embedded/local-programs.ts'
import {ProgramFailure} from '../../../src/lib/adapters/process/executor.ts'
import {LocalExecutor} from '../../../src/lib/adapters/process/local.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Bytes} from '../../../src/lib/ports.ts'
import {fromText, readText} from '../../../src/lib/procedures/text.ts'
import {rejection} from '../../support/folder.ts'

const executor = new LocalExecutor()
const shell = (script: string) => ['/bin/sh', '-c', script]

describe('a program', () => {
  test('gives back what it says', async () => {
    expect(await executor.run(['printf', '%s', "it's $HOME; `id`"])).toBe("it's $HOME; `id`")
  })

  test('gets what it is given to read, as text or in chunks', async () => {
    expect(await executor.run(['cat'], {input: 'text'})).toBe('text')
    const long = 'x'.repeat(300_000)
    expect(await executor.run(['cat'], {input: fromText(long)})).toBe(long)
  })

  test('gets nothing to read unless it is given something', async () => {
    expect(await executor.run(['cat'])).toBe('')
  })

  test('gets variables of its own, which stand in no argv', async () => {
    const options = {environment: {SECRET: 'hunter2'}}
    expect(await executor.run(shell('printf %s "$SECRET"'), options)).toBe('hunter2')
    expect(await executor.run(shell(String.raw`tr '\0' ' ' < /proc/self/cmdline`), options)).not.toContain('hunter2')
  })

  test('steps back behind others where it is asked to, and as far as it is asked to', async () => {
    const program = executor.start(['cat', '/proc/self/stat', '-'], {interactive: true, nice: 7})
    // It reads its own priority before anybody could have changed it, so that it is looked at from outside.
    const reader = program.stdout[Symbol.asyncIterator]()
    const stat = new TextDecoder().decode((await reader.next()).value as Uint8Array)
    expect(getPriority(Number(stat.split(' ')[0]))).toBe(7)
    await program.stop()
  })

  test.each([
    ['idle', 'idle'],
    ['best-effort', 'best-effort: prio 7'],
  ] as const)('leaves the disk to others where it is asked to (%s)', async (ionice, said) => {
    if (!(await findProgram('ionice'))) return
    const program = executor.start(['cat'], {interactive: true, ionice})
    program.write('ready\n')
    await program.stdout[Symbol.asyncIterator]().next()
    const found = Number((await executor.run(shell(`pgrep -P ${process.pid} -n -x cat`))).trim())
    await expect.poll(() => executor.run(['ionice', '-p', String(found)])).toBe(`${said}\n`)
    await program.stop()
  })

  test('that is missing is still known to be the one that is missing when it is to leave the disk to others', async () => {
    const error = await rejection(executor.run(['/nowhere/pg_dump'], {ionice: 'idle'}), ProgramFailure)
    expect([error.missing, error.program]).toEqual([true, 'pg_dump'])
  })

  test('can be talked to, line by line', async () => {
    const program = executor.start(['cat'], {interactive: true})
    program.write('one\n')
    const reader = program.stdout[Symbol.asyncIterator]()
    expect(new TextDecoder().decode((await reader.next()).value as Uint8Array)).toBe('one\n')
    await program.stop()
  })
})

describe('a program that fails', () => {
  test('tells its exit code, its name and the end of what it complained of', async () => {
    const error = await rejection(executor.run(shell('echo first >&2; echo out; exit 3')), ProgramFailure)
    expect(error).toMatchObject({program: 'sh', exitCode: 3, stderr: 'first\n', missing: false, message: 'sh ended with 3'})
  })

  test('keeps 64 KiB of complaints, the last ones', async () => {
    const {stderr} = await rejection(executor.run(shell('yes complaint | head -c 200000 >&2; echo last >&2; exit 1')), ProgramFailure)
    expect([stderr.length, stderr.endsWith('last\n')]).toEqual([65_536, true])
  })

  test('that is not installed is told from one that failed', async () => {
    const error = await rejection(executor.run(['/nowhere/pg_dump', '--version']), ProgramFailure)
    expect([error.missing, error.message]).toEqual([true, 'pg_dump is not installed'])
  })

  test('that was killed tells by what', async () => {
    const error = await rejection(executor.run(shell('kill -KILL $$')), ProgramFailure)
    expect([error.signalName, error.message]).toEqual(['SIGKILL', 'sh was ended by SIGKILL'])
  })

  test('after its output still fails', async () => {
    const program = executor.start(shell('echo half; exit 1'))
    expect(await readText(program.stdout)).toBe('half\n')
    expect((await rejection(program.done, ProgramFailure)).exitCode).toBe(1)
  })

  test('without reading its input fails by its exit code, not by the broken pipe', async () => {
    const error = await rejection(executor.run(shell('exit 4'), {input: fromText('x'.repeat(300_000))}), ProgramFailure)
    expect(error.exitCode).toBe(4)
  })
})

describe('an input that fails', () => {
  async function* breaking(): Bytes {
    yield new TextEncoder().encode('half')
    throw new OperatorError('corrupt', 'The stored bytes are damaged.')
  }

  test('ends the program, and it is the input that is to blame', async () => {
    const error = await rejection(executor.run(shell('cat; exec sleep 60'), {input: breaking()}), OperatorError)
    expect(error.message).toBe('The stored bytes are damaged.')
  })

  test('is to blame even where the program would have been content with half of it', async () => {
    const error = await rejection(executor.run(['cat'], {input: breaking()}), OperatorError)
    expect(error.kind).toBe('corrupt')
  })
})

describe('Ctrl-C', () => {
  const interruption = new OperatorError('interrupted', 'Interrupted.')

  test('ends the program, and its process is gone', async () => {
    const abort = new AbortController()
    const program = executor.start(shell('echo $$; exec sleep 60'), {signal: abort.signal})
    const reader = program.stdout[Symbol.asyncIterator]()
    const pid = Number(new TextDecoder().decode((await reader.next()).value as Uint8Array))
    expect(isRunning(pid)).toBe(true)
    abort.abort(interruption)
    expect(await rejection(program.done, OperatorError)).toBe(interruption)
    expect(isRunning(pid)).toBe(false)
  })

  test('is told as what it was, also where the program ends well in spite of it', async () => {
    const abort = new AbortController()
    const program = executor.start(shell('trap "exit 0" INT; echo ready; while :; do sleep 0.05; done'), {signal: abort.signal})
    await program.stdout[Symbol.asyncIterator]().next()
    abort.abort(interruption)
    expect(await rejection(program.done, OperatorError)).toBe(interruption)
  })

  test('that came before lets nothing begin', async () => {
    const error = await rejection(executor.run(['true'], {signal: AbortSignal.abort(interruption)}), OperatorError)
    expect(error).toBe(interruption)
  })
})

test('a program that is stopped is gone when that is through', async () => {
  const program = executor.start(shell('echo $$; exec sleep 60'))
  const reader = program.stdout[Symbol.asyncIterator]()
  const pid = Number(new TextDecoder().decode((await reader.next()).value as Uint8Array))
  await program.stop()
  expect(isRunning(pid)).toBe(false)
})

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    // There is no such process.
    return false
  }
}
