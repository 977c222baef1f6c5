import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import {keptFor} from '../../../src/lib/domain/swap.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {restore, type RestoreInput, type RestoreResult} from '../../../src/lib/procedures/restore.ts'
import {undoRestore} from '../../../src/lib/procedures/undo-restore.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {plainDump} from '../../support/sql-dumps.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}

let ports: FakePorts
let set: BackupSet

/** A backup was taken, and then somebody deleted orders. */
beforeEach(async () => {
  ports = new FakePorts()
  set = (await perform(backup, {allowEmpty: false}, ports, options)).result!.set
  ports.postgres.databases.get('shop')!.tables = {customers: 3}
  ports.events.length = 0
})

async function run(input: Partial<RestoreInput> = {}): Promise<RestoreResult> {
  return (await perform(restore, {selector: 'latest', isFile: false, otherServer: false, ...input}, ports, options)).result!
}

const undo = async () => (await perform(undoRestore, {}, ports, options)).result!

const failureOf = (action: Promise<unknown>) =>
  action.then(
    () => {
      throw new Error('The restore did not fail.')
    },
    (error: unknown) => error as OperatorError,
  )

const live = () => ports.postgres.databases.get('shop')!
const names = () => [...ports.postgres.databases.keys()].toSorted()
const swaps = () => ports.postgres.steps.filter((step) => step.startsWith('swap'))

describe('a restore', () => {
  test('brings back what the backup holds and keeps what was there', async () => {
    const {kept, rehearsal} = await run()
    expect(live()).toEqual({comment: 'the shop', tables: {customers: 3, orders: 5}})
    expect(ports.postgres.databases.get(kept!)?.tables).toEqual({customers: 3})
    expect(rehearsal.differences).toEqual([])
    expect(names()).toEqual(['postgres', 'shop', 'shop_before_20261122_100000'])
  })

  test('swaps once, after the new database was filled, compared and analysed', async () => {
    await run()
    const {steps} = ports.postgres
    const order = ['CREATE DATABASE "shop_restoring_000004"', 'restore shop_restoring_000004', 'ANALYZE', 'swap shop shop_restoring_000004']
    expect(order.map((step) => steps.indexOf(step))).toEqual(order.map((step) => steps.indexOf(step)).toSorted((a, b) => a - b))
    expect(order.map((step) => steps.indexOf(step))).not.toContain(-1)
    expect(swaps()).toHaveLength(1)
  })

  test('tells how old the restored data is', async () => {
    ports.clock.advance(3_600_000)
    expect((await run()).recoveryPointSeconds).toBe(3600)
  })

  test('asks with what will happen to the live database', async () => {
    await run()
    const [{question, summary}] = ports.confirmation.asked as [{question: string; summary: string[]}]
    expect(question).toBe(`Put ${set.manifest.id} in the place of database shop?`)
    expect(summary.join('\n')).toMatch(/present one \(1 tables\) stays as shop_before_20261122_100000/)
  })

  test('makes the database where there is none, and there is nothing to undo then', async () => {
    ports.postgres.databases.delete('shop')
    expect((await run()).kept).toBeNull()
    expect(live().tables).toEqual({customers: 3, orders: 5})
    expect((await failureOf(undo())).kind).toBe('notFound')
  })

  test('of the newest backup takes the newest proven one', async () => {
    await ports.sets.saveProof(set, {id: set.manifest.id, passed: true} as never)
    ports.clock.advance(60_000)
    await perform(backup, {allowEmpty: false}, ports, options)
    expect((await run()).source.label).toBe(set.manifest.id)
  })
})

describe('a restore that fails leaves the live database alone', () => {
  async function failedRun(): Promise<OperatorError> {
    const error = await failureOf(run())
    expect(live().tables).toEqual({customers: 3})
    expect(names()).toEqual(['postgres', 'shop'])
    expect(swaps()).toEqual([])
    return error
  }

  test('when what was restored is not what was backed up: no swap, and the new database is dropped', async () => {
    ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)
    const error = await failedRun()
    expect(error).toMatchObject({kind: 'corrupt', details: ['table public.orders: expected 5 rows, found 4 rows']})
  })

  test('when the archive cannot be loaded', async () => {
    ports.postgres.failing.restore = new OperatorError('failed', 'out of memory')
    expect((await failedRun()).kind).toBe('failed')
  })

  test('when it is interrupted half-way', async () => {
    ports.postgres.failing.restore = new OperatorError('interrupted', 'Interrupted.')
    expect((await failedRun()).exitCode).toBe(130)
  })

  test('when the stored bytes are damaged, which is found before anything is made', async () => {
    ports.sets.damage(set.manifest.id, 'database.dump')
    expect((await failedRun()).kind).toBe('corrupt')
    expect(ports.events).not.toContain('intent')
  })

  test('when the operator does not agree', async () => {
    ports.confirmation.agrees = false
    expect((await failedRun()).kind).toBe('refused')
  })

  test.each<[string, (ports: FakePorts) => void, string]>([
    ['the user may not create databases', ({postgres}) => (postgres.mayCreateDatabases = false), 'denied'],
    ['there is no space', ({postgres}) => (postgres.free = 1), 'noSpace'],
    ['the server is older', ({postgres}) => (postgres.server = {...postgres.server, versionNumber: 160_000}), 'incompatible'],
    ['the backup is of another server', ({postgres}) => (postgres.server = {...postgres.server, systemIdentifier: '1'}), 'refused'],
    ['a subscriber reads from the database', ({postgres}) => (postgres.logicalSlots = ['warehouse']), 'refused'],
  ])('when %s', async (_, change, kind) => {
    change(ports)
    expect((await failedRun()).kind).toBe(kind)
    expect(ports.events).not.toContain('consent')
  })
})

test('a restore that cannot even clean up says what is left, and the next run removes it', async () => {
  ports.postgres.failing = {restore: new OperatorError('unreachable', 'gone'), drop: new Error('gone too')}
  const error = await failureOf(run())
  expect([error.kind, error.details]).toEqual(['unreachable', ['Cleaning up failed too: gone too']])
  expect(names()).toContain('shop_restoring_000004')
  ports.postgres.failing = {}
  const {swept} = await perform(backup, {allowEmpty: false}, ports, options)
  expect(swept).toEqual(['dropped database shop_restoring_000004, left by a restore that did not finish'])
  expect(names()).toEqual(['postgres', 'shop'])
})

test('a backup of another server is restored when the operator says so', async () => {
  ports.postgres.server = {...ports.postgres.server, systemIdentifier: '1'}
  await run({otherServer: true})
  expect(live().tables).toEqual({customers: 3, orders: 5})
})

describe('undoing a restore', () => {
  test('brings back the database of before, and undoing that brings back the restored one', async () => {
    await run()
    ports.clock.advance(1000)
    expect((await undo()).broughtBack).toBe('shop_before_20261122_100000')
    expect(live()).toEqual({comment: 'the shop', tables: {customers: 3}})
    ports.clock.advance(1000)
    await undo()
    expect(live()).toEqual({comment: 'the shop', tables: {customers: 3, orders: 5}})
    expect(
      keptFor(
        'shop',
        [...ports.postgres.databases].map(([name, {comment}]) => ({name, comment, empty: false})),
      ),
    ).toHaveLength(1)
  })

  test('is refused when there is nothing to bring back', async () => {
    expect(await failureOf(undo())).toMatchObject({kind: 'notFound', exitCode: 9})
  })

  test('changes nothing when the swap fails', async () => {
    await run()
    const before = new Map(ports.postgres.databases)
    ports.postgres.failing.swap = new OperatorError('failed', 'database is being accessed by other users')
    expect((await failureOf(undo())).kind).toBe('failed')
    expect(ports.postgres.databases).toEqual(before)
  })
})

describe('a dump of another tool', () => {
  const file = {selector: './dump.sql', isFile: true}

  test('is restored with the rows that it holds', async () => {
    ports.files.add('./dump.sql', 'script', plainDump)
    const {rehearsal, recoveryPointSeconds} = await run(file)
    expect(live().tables).toMatchObject({customers: 4, empty: 0, without_columns: 2})
    expect([rehearsal.differences, recoveryPointSeconds]).toEqual([[], null])
  })

  test.each<[string, string, string]>([
    ['it was cut inside a table', plainDump.slice(0, plainDump.indexOf('3\t')), 'corrupt'],
    ['it was cut between two tables', plainDump.slice(0, plainDump.indexOf('COPY public.empty')), 'corrupt'],
    ['it went through a text-mode copy', plainDump.replaceAll('\n', '\r\n'), 'corrupt'],
    ['it connects to another database', `\\connect other\n${plainDump}`, 'refused'],
    ['it is no dump', 'hello\n', 'corrupt'],
  ])('is refused before anything is made when %s', async (_, contents, kind) => {
    ports.files.add('./dump.sql', 'script', contents)
    expect((await failureOf(run(file))).kind).toBe(kind)
    expect([names(), ports.events.includes('consent')]).toEqual([['postgres', 'shop'], false])
  })

  test('in custom format that cannot be read to its end is corrupt, and nothing is touched', async () => {
    ports.files.add('./shop.dump', 'archive', 'PGDM')
    const error = await failureOf(run({selector: './shop.dump', isFile: true}))
    expect(error).toMatchObject({kind: 'corrupt', exitCode: 13, message: expect.stringContaining('./shop.dump cannot be read to its end')})
    expect(names()).toEqual(['postgres', 'shop'])
  })

  test('is weighed while it is read, decompressed, so that several processes can load a large one', async () => {
    const archive = 'PGDMP{"customers":4}'
    ports.files.add('./shop.dump', 'archive', archive)
    const {rehearsal} = await run({selector: './shop.dump', isFile: true})
    const {archiveBytes, restoredBytes} = ports.postgres.archiveSizes.at(-1)!
    expect(archiveBytes).toBe(archive.length)
    expect(restoredBytes).toBeGreaterThan(0)
    expect([rehearsal.differences, live().tables]).toEqual([[], {customers: 4}])
  })

  test('must be there', async () => {
    expect((await failureOf(run({selector: './nowhere.sql', isFile: true}))).exitCode).toBe(9)
  })
})
