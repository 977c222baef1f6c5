import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {formatBytes} from '../../../src/lib/domain/quantity.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup, type BackupResult} from '../../../src/lib/procedures/backup.ts'
import {readText} from '../../../src/lib/procedures/text.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

async function run({allowEmpty = false, dryRun = false} = {}): Promise<BackupResult> {
  return (await perform(backup, {allowEmpty}, ports, {...options, dryRun})).result!
}

const failure = (input = {}) =>
  run(input).then(
    () => {
      throw new Error('The backup did not fail.')
    },
    (error: unknown) => error as OperatorError,
  )

describe('a backup', () => {
  test('holds the exact rows of every table, counted out of the stored dump', async () => {
    const {set} = await run()
    expect(set.manifest.contents.tables).toMatchObject([
      {schema: 'public', name: 'customers', rows: 3},
      {schema: 'public', name: 'orders', rows: 5},
    ])
    expect(await ports.sets.list()).toEqual([set])
  })

  test('says where it comes from, so that a later restore can judge', async () => {
    const {manifest} = (await run()).set
    expect(manifest).toMatchObject({
      id: '20261122T100000Z-000002',
      project: 'shop',
      environment: 'production',
      runtime: 'host',
      database: 'shop',
      server: ports.postgres.server,
      roles: ['shop'],
      tool: {version: '0.1.0', compression: 'zstd:3'},
    })
  })

  test('holds dump, roles and the steps to recover without sparkone', async () => {
    const {set} = await run()
    expect(set.manifest.members.map(({name}) => name)).toEqual(['database.dump', 'globals.sql', 'RESTORE.md'])
    expect(await readText(ports.sets.read(set, 'globals.sql'))).toContain('CREATE ROLE shop')
    expect(await readText(ports.sets.read(set, 'RESTORE.md'))).toContain('CREATE DATABASE "shop"')
  })

  test('lets go of the snapshot as soon as the dump is taken', async () => {
    await run()
    expect(ports.postgres.steps.indexOf('close shop')).toBeLessThan(ports.postgres.steps.indexOf('globals'))
  })

  test('foresees a fifth more space than the last one took', async () => {
    const {members} = (await run()).set.manifest
    const stored = members.reduce((sum, {bytes}) => sum + bytes, 0)
    const {plan} = await perform(backup, {allowEmpty: false}, ports, {...options, dryRun: true})
    expect(plan.summary.at(-1)).toBe(`about ${formatBytes(stored * 1.2)} needed, ${formatBytes(ports.sets.free)} free`)
  })

  test('on a dry run is only planned', async () => {
    expect(await run({dryRun: true})).toBeNull()
    expect([await ports.sets.list(), ports.sets.drafts.size]).toEqual([[], 0])
  })
})

describe('no backup is made', () => {
  test('of what cannot be read back, and the dump is given up before it has come to its end', async () => {
    ports.postgres.archiveData = async function* () {
      yield* []
      throw new OperatorError('corrupt', 'pg_restore does not understand it.')
    }
    const program = async () => ({version: 'pg_dump (PostgreSQL) 17.2', compression: 'none'})
    ports.postgres.dump = () => ({bytes: endless(), program})
    expect(await failure()).toMatchObject({kind: 'corrupt', message: 'pg_restore does not understand it.'})
    expect([await ports.sets.list(), ports.sets.drafts.size]).toEqual([[], 0])
  })

  test('when pg_restore stops early and the rest of the file is not what was written', async () => {
    ports.postgres.archiveData = async function* (archive) {
      await archive[Symbol.asyncIterator]().next()
      yield new TextEncoder().encode('COPY public.customers (id) FROM stdin;\n1\n\\.\n')
    }
    ports.sets.onReadBehind = async function* (bytes) {
      yield* bytes
      throw new OperatorError('corrupt', 'database.dump is damaged.')
    }
    expect(await failure()).toMatchObject({kind: 'corrupt', message: 'database.dump is damaged.'})
  })

  test('of a database that is not there', async () => {
    ports.databaseName = 'shpo'
    expect(await failure()).toMatchObject({kind: 'notFound', message: 'There is no database shpo.'})
  })

  test('without enough space, and nothing is begun', async () => {
    ports.sets.free = 1000
    expect(await failure()).toMatchObject({kind: 'noSpace', exitCode: 12})
    expect(ports.events).not.toContain('intent')
  })

  test('of an empty database, unless it is meant to be empty', async () => {
    ports.postgres.databases.set('shop', {comment: null, tables: {}})
    expect(await failure()).toMatchObject({kind: 'refused', hint: expect.stringContaining('--allow-empty')})
    expect(await ports.sets.list()).toEqual([])
    expect((await run({allowEmpty: true})).set.manifest.contents.tables).toEqual([])
  })
})

describe('a failed backup leaves nothing behind', () => {
  async function failedRun(): Promise<OperatorError> {
    const error = await failure()
    expect([await ports.sets.list(), ports.sets.drafts.size]).toEqual([[], 0])
    expect(ports.log.written.at(-1)?.detail).toMatchObject({outcome: 'failed'})
    return error
  }

  test('when the dump lacks a table', async () => {
    ports.postgres.dumpLacks = ['orders']
    expect(await failedRun()).toMatchObject({kind: 'corrupt', message: 'The dump lacks 1 of 2 tables.', details: ['public.orders']})
  })

  test.each([
    ['the dump breaks off', 'dump'],
    ['the roles cannot be read', 'globals'],
  ] as const)('when %s', async (_, step) => {
    const reason = new OperatorError('unreachable', 'server closed the connection unexpectedly')
    ports.postgres.failing[step] = reason
    expect(await failedRun()).toBe(reason)
    expect(ports.postgres.steps).toContain('close shop')
  })

  test('when the stored bytes are not what was written', async () => {
    ports.sets.onReadBehind = async function* (bytes) {
      yield* bytes
      throw new OperatorError('corrupt', 'database.dump is damaged.')
    }
    expect((await failedRun()).kind).toBe('corrupt')
  })
})

async function* endless(): AsyncGenerator<Uint8Array> {
  for (;;) {
    // A turn of the loop for whoever reads along.
    await new Promise(setImmediate)
    yield new Uint8Array(1)
  }
}
