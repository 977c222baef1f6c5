import {expect, test} from 'vitest'
import type {Docker} from '../../src/lib/adapters/compose/docker.ts'
import {explainingMemory} from '../../src/lib/adapters/compose/memory-kill.ts'
import {startThrowAwayContainer, sweepThrowAwayContainers, type ThrowAwayOptions} from '../../src/lib/adapters/compose/throw-away.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {ProgramFailure, type Executor} from '../../src/lib/adapters/process/executor.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {folderWith} from '../support/folder.ts'

const gibibyte = 1024 ** 3

/** Returns the words that docker was called with to start the container of a proof; it never comes up. */
async function wordsOfRun(cpus: number | null, memoryBytes: number | null = null): Promise<string[]> {
  const calls: string[][] = []
  const docker = {
    run: async (words: string[]) => {
      calls.push(words)
      throw new OperatorError('failed', 'No container today.')
    },
  }
  const options: ThrowAwayOptions = {
    docker: docker as unknown as Docker,
    container: {Image: 'sha256:abc', Config: {Image: 'postgres:17', User: ''}} as ThrowAwayOptions['container'],
    owner: 'shop-production',
    state: folderWith({}),
    original: {superuser: 'postgres', sharedPreloadLibraries: ''} as ThrowAwayOptions['original'],
    reachable: false,
    cpus,
    memoryBytes,
    jobs: null,
    signal: new AbortController().signal,
    clock: new FakeClock(),
  }
  await expect(startThrowAwayContainer(options)).rejects.toMatchObject({message: 'No container today.'})
  expect(calls).toHaveLength(1)
  return calls[0]!
}

test('backup.proofCpus limits the container of a proof, before its image is named', async () => {
  const words = await wordsOfRun(1.5)
  expect(words.slice(words.indexOf('--cpus'), words.indexOf('--cpus') + 2)).toEqual(['--cpus', '1.5'])
  expect(words.indexOf('--cpus')).toBeLessThan(words.indexOf('sha256:abc'))
})

test('without backup.proofCpus it may use all processors', async () => {
  expect(await wordsOfRun(null)).not.toContain('--cpus')
})

test('backup.proofMemory limits the container of a proof, without swap, and shared memory is a part of it', async () => {
  const words = (await wordsOfRun(null, gibibyte)).join(' ')
  expect(words).toContain(`--memory ${gibibyte} --memory-swap ${gibibyte}`)
  expect(words).toContain(`--shm-size ${gibibyte / 2}`)
})

test('without backup.proofMemory it may use all memory', async () => {
  expect((await wordsOfRun(null)).join(' ')).not.toContain('--memory')
})

/** Returns docker as it answers about a container, by the first word of the call. */
function dockerThat(answers: Record<string, string | Error>): Docker {
  const run = async ([word = '']: string[]) => {
    const answer = answers[word] ?? ''
    if (answer instanceof Error) throw answer
    return answer
  }
  return {run} as unknown as Docker
}

const broken = new ProgramFailure('pg_restore', {exitCode: 1, stderr: 'server closed the connection unexpectedly'})

function executorThatFails(error: Error): Executor {
  const failed = async (): Promise<never> => {
    throw error
  }
  const start = () => ({
    stdout: (async function* () {})(),
    stderr: Promise.resolve(''),
    done: failed(),
    write: () => {},
    stop: async () => {},
  })
  return {description: 'a container', run: failed, start}
}

test.each([
  ['version 1 of control groups', {exec: 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n'}],
  ['version 2 of control groups', {exec: 'low 0\nhigh 0\nmax 31\noom 2\noom_kill 2\noom_group_kill 0\n'}],
  ['a container that ended with it', {exec: new OperatorError('unreachable', 'is not running'), inspect: 'true\n'}],
])('a restore that is killed for memory says so, and that more can be given (%s)', async (_name, answers) => {
  const executor = explainingMemory(executorThatFails(broken), dockerThat(answers), 'one', 512 * 1024 ** 2)
  const expected = {kind: 'unreachable', message: expect.stringContaining('512 MiB'), hint: 'Raise backup.proofMemory.'}
  await expect(executor.run(['pg_restore'])).rejects.toMatchObject(expected)
  await expect(executor.start(['pg_restore']).done).rejects.toMatchObject(expected)
})

test('a restore that the memory of the machine did not suffice for is told where to go', async () => {
  const executor = explainingMemory(executorThatFails(broken), dockerThat({exec: 'oom_kill 1\n'}), 'one', null)
  await expect(executor.run(['pg_restore'])).rejects.toMatchObject({hint: 'Prove it where there is more memory.'})
})

test.each([
  ['nothing was killed', {exec: 'oom_kill_disable 0\noom_kill 0\n'}],
  ['nothing can be seen', {exec: ''}],
  ['it ended by itself', {exec: new Error('gone'), inspect: 'false\n'}],
  ['Docker is gone', {exec: new Error('gone'), inspect: new Error('gone')}],
])('a restore that fails otherwise is told as it fails: %s', async (_name, answers) => {
  const executor = explainingMemory(executorThatFails(broken), dockerThat(answers), 'one', 512 * 1024 ** 2)
  await expect(executor.run(['pg_restore'])).rejects.toBe(broken)
  await expect(executor.start(['pg_restore']).done).rejects.toBe(broken)
})

test('it has no network, no capabilities and no way to more', async () => {
  const words = (await wordsOfRun(null)).join(' ')
  expect(words).toContain('--network none')
  expect(words).toContain('--security-opt no-new-privileges --cap-drop ALL')
})

test('it has the shared memory that vector indexes are built in by several processes, where Docker gives 64 MiB', async () => {
  const words = (await wordsOfRun(null)).join(' ')
  expect(words).toContain(`--shm-size ${gibibyte}`)
})

test('what runs of this project that died left is removed with its volumes and its network, and named', async () => {
  const state = folderWith({})
  const calls: string[] = []
  const asked: Record<string, string>[] = []
  const docker = {
    containers: async (labels: Record<string, string>) => {
      asked.push(labels)
      return [{Id: 'one', Name: '/sparkone-one'}]
    },
    run: async (words: string[]) => {
      calls.push(words.join(' '))
      return words[1] === 'ls' ? 'first\nsecond\n' : ''
    },
  }
  const removed = await sweepThrowAwayContainers(docker as unknown as Docker, {owner: 'shop-production', state})
  expect(removed).toEqual(['removed the throw-away container sparkone-one'])
  expect(Object.values(asked[0]!)).toContain('shop-production')
  expect(calls[1]).toMatch(/^network ls .*--filter label=\S+=shop-production/)
  expect(calls.filter((call) => !call.includes(' ls '))).toEqual(['rm --force --volumes one', 'network rm first', 'network rm second'])
})
