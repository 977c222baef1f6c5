import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {OperatorError} from '../../../src/lib/errors.ts'
import {backup, type BackupResult} from '../../../src/lib/procedures/backup.ts'
import {restore} from '../../../src/lib/procedures/restore.ts'
import {readText} from '../../../src/lib/procedures/text.ts'
import {verify} from '../../../src/lib/procedures/verify.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
  const tables = ['customers', 'orders'].map((name) => ({schema: 'public', name, bytes: 1_000_000}))
  ports.postgres.weights = {tables, largeObjectBytes: 0, processors: 8, freeConnections: 90}
})

async function run(): Promise<BackupResult> {
  return (await perform(backup, {allowEmpty: false, jobs: 2}, ports, options)).result!
}

const failure = () =>
  run().then(
    () => {
      throw new Error('The backup did not fail.')
    },
    (error: unknown) => error as OperatorError,
  )

describe('a backup by two processes', () => {
  test('has the rows of some tables in a member of their own, and says which and why', async () => {
    const {manifest} = (await run()).set
    expect(manifest.members.map(({name}) => name)).toEqual(['database.dump', 'rows-1.dump', 'globals.sql', 'RESTORE.md'])
    const tables = [{schema: 'public', name: 'orders'}]
    expect(manifest.dumping).toEqual({jobs: 2, why: 'backup.jobs is 2', rows: [{member: 'rows-1.dump', tables}]})
    expect(manifest.contents.tables).toMatchObject([
      {name: 'customers', rows: 3},
      {name: 'orders', rows: 5},
    ])
  })

  test('holds the definition of those tables still from before the snapshot', async () => {
    await run()
    expect(ports.postgres.steps).toContain('snapshot shop orders')
  })

  test('tells in its steps for recovery that rows come between definitions and keys', async () => {
    const {set} = await run()
    const text = await readText(ports.sets.read(set, 'RESTORE.md'))
    const commands = text.split('\n').filter((line) => line.includes('pg_restore'))
    expect(commands.map((line) => line.replace(/ --dbname='[^ ]+ /, ' ').trim())).toEqual([
      expect.stringMatching(/--section=pre-data .*database\.dump$/),
      expect.stringMatching(/^pg_restore --exit-on-error .*rows-1\.dump$/),
      expect.stringMatching(/--section=data --section=post-data .*database\.dump$/),
    ])
  })

  test('is proven whole, and restored whole', async () => {
    await run()
    expect((await perform(verify, {selector: 'latest'}, ports, options)).result!.proof).toMatchObject({passed: true, rows: 8})
    const input = {selector: 'latest', isFile: false, otherServer: false, target: 'copy'}
    await perform(restore, input, ports, options)
    expect(ports.postgres.databases.get('copy')?.tables).toEqual({customers: 3, orders: 5})
  })

  test.each([
    ['apart', 'orders', {customers: 0, orders: 5}],
    ['not', 'customers', {customers: 3}],
  ])('gives a table alone whose rows lie %s', async (_where, name, tables) => {
    await run()
    const input = {selector: 'latest', isFile: false, otherServer: false, target: 'copy', tables: [name]}
    await perform(restore, input, ports, options)
    expect(ports.postgres.databases.get('copy')?.tables).toMatchObject(tables)
  })

  test('is none when one of the processes fails', async () => {
    ports.postgres.failing = {dump: new Error('the connection was lost')}
    expect((await failure()).message).toContain('the connection was lost')
    expect(await ports.sets.list()).toEqual([])
  })

  test('is none when the rows apart are not there', async () => {
    ports.postgres.dumpLacks = ['orders']
    expect(await failure()).toMatchObject({kind: 'corrupt', message: 'The dump lacks 1 of 2 tables.'})
    expect(await ports.sets.list()).toEqual([])
  })
})

test('a small database is not even weighed', async () => {
  const {manifest} = (await perform(backup, {allowEmpty: false}, ports, options)).result!.set
  expect(manifest.dumping).toEqual({jobs: 1, why: 'the database is small', rows: []})
  expect(manifest.members.map(({name}) => name)).not.toContain('rows-1.dump')
})
