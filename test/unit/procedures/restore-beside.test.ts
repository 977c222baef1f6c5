import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {findSourceAt} from '../../../src/lib/procedures/restore-point.ts'
import {pruneOld} from '../../../src/lib/procedures/prune-old.ts'
import {restore, type RestoreInput} from '../../../src/lib/procedures/restore.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {rejection} from '../../support/folder.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}
const hour = 3_600_000

let ports: FakePorts
let set: BackupSet

beforeEach(async () => {
  ports = new FakePorts()
  set = await take()
  ports.postgres.databases.get('shop')!.tables = {customers: 3}
})

const take = async () => (await perform(backup, {allowEmpty: false}, ports, options)).result!.set
const run = async (input: Partial<RestoreInput> = {}) =>
  (await perform(restore, {selector: 'latest', isFile: false, otherServer: false, ...input}, ports, options)).result!
const refusal = (input: Partial<RestoreInput>) => rejection(run(input), OperatorError)
const names = () => [...ports.postgres.databases.keys()].toSorted()
const tablesOf = (name: string) => ports.postgres.databases.get(name)?.tables

describe('a restore into a database of its own', () => {
  test('leaves the live database as it is', async () => {
    const {database, kept} = await run({target: 'look'})
    expect({database, kept}).toEqual({database: 'look', kept: null})
    expect(tablesOf('look')).toEqual({customers: 3, orders: 5})
    expect(tablesOf('shop')).toEqual({customers: 3})
    expect(ports.confirmation.asked).toMatchObject([{question: `Restore ${set.manifest.id} into a new database look?`}])
  })

  test('is refused where there is a database of that name, the live one included', async () => {
    await run({target: 'look'})
    for (const target of ['look', 'shop', 'postgres']) expect(await refusal({target})).toMatchObject({kind: 'refused', exitCode: 4})
  })

  test('is made although a subscriber reads from the live one, and from another server', async () => {
    ports.postgres.logicalSlots = ['warehouse']
    ports.postgres.server = {...ports.postgres.server, systemIdentifier: '1'}
    expect((await run({target: 'look'})).database).toBe('look')
  })

  test('leaves nothing behind when it fails', async () => {
    ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)
    expect(await refusal({target: 'look'})).toMatchObject({kind: 'corrupt'})
    expect(names()).toEqual(['postgres', 'shop'])
  })
})

describe('a restore of some tables', () => {
  test('brings their rows, compared with the backup', async () => {
    const {rehearsal} = await run({target: 'look', tables: ['orders']})
    expect(rehearsal.differences).toEqual([])
    expect(tablesOf('look')).toEqual({customers: 0, orders: 5})
  })

  test('says how much of the archive they are, so that several processes can load them', async () => {
    await run({target: 'look', tables: ['orders']})
    const {archiveBytes, part} = ports.postgres.archiveSizes.at(-1)!
    const bytes = set.manifest.members.find(({name}) => name === 'database.dump')!.bytes
    expect(archiveBytes).toBe(bytes)
    expect(part).toEqual({bytes: bytes * (5 / 8), tables: 1})
  })

  test('needs a database of its own', async () => {
    expect(await refusal({tables: ['orders']})).toMatchObject({kind: 'usage', exitCode: 3})
  })

  test('ends with 9, and touches nothing, when the backup has no such table', async () => {
    expect(await refusal({target: 'look', tables: ['orders', 'invoices']})).toMatchObject({kind: 'notFound', exitCode: 9})
    expect(names()).toEqual(['postgres', 'shop'])
  })
})

describe('a restore to a time', () => {
  const portsOf = () => ({
    clock: ports.clock,
    store: () => ports.store(),
    offsite: () => ports.offsite(),
    encryption: () => ports.encryption(),
  })

  test('takes the backup nearest before it', async () => {
    ports.clock.advance(2 * hour)
    const second = await take()
    ports.clock.advance(2 * hour)
    await take()
    expect((await run({at: '2026-11-22T12:00:00Z'})).source.label).toBe(second.manifest.id)
    expect((await run({at: '3 hours ago'})).source.label).toBe(set.manifest.id)
  })

  test('takes the nearest of the database that is meant, where several are backed up, and none of files', async () => {
    ports.clock.advance(2 * hour)
    const other = await take()
    const write = async (id: string, traits: object) => {
      const draft = await ports.sets.create(id)
      await draft.publish({...other.manifest, id, startedAt: '2026-11-22T12:30:00.000Z', ...traits})
    }
    await write('20261122T123000Z-aaaaaa', {database: 'billing'})
    await write('20261122T123000Z-bbbbbb', {database: '', kind: 'files'})
    ports.clock.advance(2 * hour)
    const labelFor = async (only: string) =>
      (await findSourceAt('2026-11-22T13:00:00Z', {...portsOf(), settings: {...ports.settings, only}}, undefined)).label
    expect(await labelFor('billing')).toBe('20261122T123000Z-aaaaaa')
    expect(await labelFor('shop')).toBe(other.manifest.id)
    await expect(labelFor('archive')).rejects.toMatchObject({kind: 'notFound'})
  })

  test('passes over one that failed its proof', async () => {
    ports.clock.advance(2 * hour)
    const second = await take()
    await ports.sets.saveProof(second, {passed: false} as never)
    expect((await run({at: '1m ago'})).source.label).toBe(set.manifest.id)
  })

  test('ends with 9 when there is none from before, and with 3 when it is no time', async () => {
    expect(await refusal({at: '2026-11-22T09:59:59Z'})).toMatchObject({kind: 'notFound', exitCode: 9})
    expect(await refusal({at: 'yesterday'})).toMatchObject({kind: 'usage', exitCode: 3})
  })
})

describe('roles that the server lacks', () => {
  const made = () => ports.postgres.scripts.filter((script) => script.includes('ROLE'))
  beforeEach(async () => {
    ports.postgres.globalsText = `CREATE ROLE postgres;\nCREATE ROLE shop;\nALTER ROLE shop WITH LOGIN PASSWORD 'verifier';\n`
    set = await take()
    ports.postgres.scripts.length = 0
  })

  test('are made first, and told of without their passwords', async () => {
    ports.postgres.roles = ['postgres']
    expect((await run()).roles).toEqual(['shop'])
    expect(made()).toEqual([`CREATE ROLE shop;\nALTER ROLE shop WITH LOGIN PASSWORD 'verifier';`])
    expect(ports.confirmation.asked[0]!.summary[0]).toBe('make the roles shop as the backup has them')
    expect(JSON.stringify([ports.log, ports.confirmation.asked])).not.toContain('verifier')
  })

  test('are taken away again when the restore fails', async () => {
    ports.postgres.roles = ['postgres']
    ports.postgres.failing.restore = new OperatorError('failed', 'no')
    await refusal({})
    expect(made().at(-1)).toBe('DROP ROLE IF EXISTS "shop"')
  })

  test('are left alone where they are there, unless their passwords are asked for', async () => {
    await run()
    expect(made()).toEqual([])
    await run({withPasswords: true})
    expect(made()).toEqual([`ALTER ROLE "shop" PASSWORD 'verifier';`])
  })
})

describe('the databases that restores put aside', () => {
  const prune = (keep: number, dryRun = false) => perform(pruneOld, {keep}, ports, {...options, dryRun})
  beforeEach(async () => {
    for (const _restore of [1, 2, 3]) {
      ports.clock.advance(hour)
      await run()
    }
  })

  test('are dropped but for the newest, after the name of the live one was typed', async () => {
    const {result} = await prune(1)
    expect(result).toMatchObject({
      dropped: [{name: 'shop_before_20261122_120000', bytes: 8_000_000}, {name: 'shop_before_20261122_110000'}],
      kept: ['shop_before_20261122_130000'],
    })
    expect(names()).toEqual(['postgres', 'shop', 'shop_before_20261122_130000'])
    expect(ports.confirmation.asked.at(-1)).toMatchObject({
      typed: 'shop',
      summary: expect.arrayContaining(['keep shop_before_20261122_130000']),
    })
  })

  test('can all be dropped, and never the live one or those of others', async () => {
    ports.postgres.databases.set('shop_before_20260101_000000', {comment: 'of somebody else', tables: {}})
    ports.postgres.databases.get('shop')!.comment = ports.postgres.databases.get('shop_before_20261122_130000')!.comment
    await prune(0)
    expect(names()).toEqual(['postgres', 'shop', 'shop_before_20260101_000000'])
  })

  test('stay when nobody agrees, and when it is only planned', async () => {
    const before = names()
    await prune(1, true)
    ports.confirmation.agrees = false
    expect((await rejection(prune(1), OperatorError)).kind).toBe('refused')
    expect(names()).toEqual(before)
  })

  test('end the run with 9 when there are none to drop', async () => {
    expect(await rejection(prune(3), OperatorError)).toMatchObject({kind: 'notFound', exitCode: 9})
  })
})
