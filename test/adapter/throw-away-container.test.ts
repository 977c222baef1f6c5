import {expect, test} from 'vitest'
import type {Docker} from '../../src/lib/adapters/compose/docker.ts'
import {startThrowAwayContainer, sweepThrowAwayContainers, type ThrowAwayOptions} from '../../src/lib/adapters/compose/throw-away.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {folderWith} from '../support/folder.ts'

/** Returns the words that docker was called with to start the container of a proof; it never comes up. */
async function wordsOfRun(cpus: number | null): Promise<string[]> {
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

test('it has no network, no capabilities and no way to more', async () => {
  const words = (await wordsOfRun(null)).join(' ')
  expect(words).toContain('--network none')
  expect(words).toContain('--security-opt no-new-privileges --cap-drop ALL')
})

test('it has the shared memory that vector indexes are built in by several processes, where Docker gives 64 MiB', async () => {
  const words = (await wordsOfRun(null)).join(' ')
  expect(words).toContain('--shm-size 1g')
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
