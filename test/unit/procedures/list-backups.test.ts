import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {listBackups} from '../../../src/lib/procedures/list-backups.ts'
import {restore} from '../../../src/lib/procedures/restore.ts'
import {sweep} from '../../../src/lib/procedures/sweep.ts'
import {MemoryOffsite} from '../../support/fakes/offsite.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}

let ports: FakePorts

beforeEach(async () => {
  ports = new FakePorts()
  await perform(backup, {allowEmpty: false}, ports, options)
  ports.clock.advance(60_000)
  await perform(backup, {allowEmpty: false}, ports, options)
})

describe('the list of backups', () => {
  test('is newest first, and tells what is no backup', async () => {
    ports.sets.brokenSets = [{location: 'memory/x', reason: 'it has no manifest'}]
    const {sets, broken} = await listBackups(ports)
    expect(sets.map(({manifest}) => manifest.startedAt)).toEqual(['2026-11-22T10:01:00.000Z', '2026-11-22T10:00:00.000Z'])
    expect(broken).toEqual([{location: 'memory/x', reason: 'it has no manifest'}])
  })

  test('holds the databases that restores put aside', async () => {
    await perform(restore, {selector: 'latest', isFile: false, otherServer: false}, ports, options)
    const [latest] = await ports.sets.list().then((sets) => sets.toReversed())
    expect((await listBackups(ports)).kept).toEqual([
      {name: 'shop_before_20261122_100100', database: 'shop', at: '2026-11-22T10:01:00.000Z', why: `restore of ${latest!.manifest.id}`},
    ])
  })

  test('is shown with the server down, too', async () => {
    ports.unreachable = new OperatorError('unreachable', 'docker is not running')
    const {sets, kept} = await listBackups(ports)
    expect([sets.length, kept]).toEqual([2, null])
  })

  test('can be that of one place, which then has to be seen', async () => {
    const away = new MemoryOffsite('away')
    ports.targets.push({name: 'away', maxAgeMilliseconds: 1, store: away})
    expect((await listBackups(ports, 'away')).sets).toEqual([])
    away.list = () => Promise.reject(new OperatorError('unreachable', 'no answer'))
    expect((await listBackups(ports)).unseen).toMatchObject([{name: 'away', message: 'no answer'}])
    await expect(listBackups(ports, 'away')).rejects.toMatchObject({kind: 'unreachable'})
    await expect(listBackups(ports, 'nowhere')).rejects.toMatchObject({kind: 'notFound', hint: 'Known are local, away.'})
  })

  test('does not hide a bug', async () => {
    ports.unreachable = new OperatorError('bug', 'oh')
    await expect(listBackups(ports)).rejects.toThrow('oh')
  })
})

describe('cleaning up before a change', () => {
  test('leaves everything alone that no run of this project left behind', async () => {
    ports.postgres.databases.set('shop_restoring_abcdef', {comment: null, tables: {mine: 1}})
    ports.postgres.databases.set('blog_restoring_abcdef', {comment: null, tables: {}})
    expect(await sweep(ports)).toEqual([])
  })

  test('does not stand in the way of a run that will say itself that the server is down', async () => {
    ports.postgres.query = () => Promise.reject(new OperatorError('unreachable', 'connection refused'))
    expect(await sweep(ports)).toEqual([])
  })
})
