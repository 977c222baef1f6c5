import {expect, test} from 'vitest'
import {PostgresServer, type PostgresOptions} from '../../../src/lib/adapters/postgres/server.ts'
import type {Executor} from '../../../src/lib/adapters/process/executor.ts'
import {FakeClock} from '../../support/fakes/clock.ts'

const gibibyte = 1024 ** 3

/** Restores an archive and returns the settings that the session of `pg_restore` asked for. */
async function settingsOfRestore(indexMemory?: PostgresOptions['indexMemory']): Promise<string> {
  const asked: string[] = []
  const executor: Executor = {
    description: 'this machine',
    run: async (_argv, options) => {
      asked.push(options?.environment?.PGOPTIONS ?? '')
      return ''
    },
    start: () => {
      throw new Error('Nothing is started.')
    },
  }
  const server = new PostgresServer({
    executor,
    programs: '',
    connection: {},
    signal: new AbortController().signal,
    clock: new FakeClock(),
    freeBytes: async () => null,
    ephemeral: () => Promise.reject(new Error('No other server.')),
    tablespaces: false,
    checkClientVersion: false,
    ...(indexMemory && {indexMemory}),
  })
  await server.restoreArchive('shop', async function* () {})
  return asked.join('\n')
}

test('a proof builds the indexes of vectors in a share of the memory there is, and keeps the other settings of its sessions', async () => {
  const settings = await settingsOfRestore(async () => ({memoryBytes: 2 * gibibyte, sharedBytes: gibibyte}))
  expect(settings).toContain(' -c maintenance_work_mem=524288kB')
  expect(settings).toContain('-c statement_timeout=0')
})

test('a restore into a live server leaves its memory as it is set', async () => {
  expect(await settingsOfRestore()).not.toContain('maintenance_work_mem')
})
