import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {ApiAroundSwap} from '../../../src/lib/domain/api-around-swap.ts'
import {readOnlyOf, readOnlySql, writableSql} from '../../../src/lib/domain/read-only.ts'
import {markOf, markText} from '../../../src/lib/domain/swap.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {restore, type RestoreInput} from '../../../src/lib/procedures/restore.ts'
import {sweep} from '../../../src/lib/procedures/sweep.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {rejection} from '../../support/folder.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}
const api: ApiAroundSwap = {service: null, readOnly: true, before: null, after: null, url: null, limitMilliseconds: 1000}

let ports: FakePorts
/** What the live database said of itself each time something was loaded. */
let whileLoading: unknown[]

beforeEach(async () => {
  ports = new FakePorts()
  await perform(backup, {allowEmpty: false}, ports, options)
  whileLoading = []
  ports.postgres.afterRestore = () => void whileLoading.push(live().readOnly)
  ports.postgres.steps.length = 0
})

const live = () => ports.postgres.databases.get('shop')!
const run = async (input: Partial<RestoreInput> = {}) =>
  (await perform(restore, {selector: 'latest', isFile: false, otherServer: false, api, ...input}, ports, options)).result!
const notes = () => [...ports.postgres.databases.values()].map(({comment}) => markOf(comment)).filter((mark) => mark?.kind === 'restoring')

describe('a database that takes no writes while it is restored', () => {
  test('is read-only while the backup is loaded, and neither is after the swap', async () => {
    const {kept} = await run()
    expect(whileLoading).toEqual(['on'])
    expect(live().readOnly ?? null).toBeNull()
    expect(ports.postgres.databases.get(kept!)).toMatchObject({readOnly: null})
  })

  test('loses its sessions once it is read-only, since they would go on writing', async () => {
    await run()
    const swaps = ports.postgres.steps.filter((step) => step.startsWith('swap') || step.startsWith('restore '))
    expect(swaps.map((step) => step.replace(/_restoring_\w+/, '…'))).toEqual(['swap shop', 'swap shop', 'restore shop…', 'swap shop shop…'])
  })

  test('is noted as such in the server before it is', async () => {
    let noted: unknown
    const exclusively = ports.postgres.executeExclusively.bind(ports.postgres)
    ports.postgres.executeExclusively = async (...words) => {
      noted ??= notes()
      await exclusively(...words)
    }
    await run()
    expect(noted).toEqual([{kind: 'restoring', of: 'shop', readOnly: {previous: null}}])
  })

  test.each([
    ['the restore fails', () => (ports.postgres.failing.restore = new OperatorError('failed', 'no such type'))],
    ['what was restored is something else', () => (ports.postgres.afterRestore = (database) => void (database.tables.orders = 1))],
  ])('takes writes again when %s', async (_why, change) => {
    change()
    await rejection(run(), OperatorError)
    expect(live().readOnly).toBeNull()
    expect([...ports.postgres.databases.keys()].toSorted()).toEqual(['postgres', 'shop'])
  })

  test('takes writes again when the swap fails', async () => {
    const exclusively = ports.postgres.executeExclusively.bind(ports.postgres)
    ports.postgres.executeExclusively = (names, script) =>
      names.length > 1 ? Promise.reject(new OperatorError('timeout', 'no swap')) : exclusively(names, script)
    await rejection(run(), OperatorError)
    expect(live().readOnly).toBeNull()
  })

  test('is left to the next run with its note when it cannot be made writable now', async () => {
    ports.postgres.afterRestore = () => {
      ports.postgres.failing = {swap: new OperatorError('unreachable', 'the server is gone')}
      throw new OperatorError('failed', 'the connection is lost')
    }
    expect((await rejection(run(), OperatorError)).hint).toContain('next run')
    expect(live().readOnly).toBe('on')
    expect(notes()).toHaveLength(1)
    ports.postgres.failing = {}
    expect((await sweep(ports))[0]).toBe('made database shop writable again, which a restore that did not finish had made read-only')
    expect(live().readOnly).toBeNull()
    expect(notes()).toEqual([])
  })

  test('is left alone by a restore beside it, and by one that says nothing of it', async () => {
    await run({target: 'look'})
    await run({api: {...api, readOnly: false}})
    expect(whileLoading).toEqual([undefined, undefined])
  })

  test('is said to be made so before anybody agrees', async () => {
    const {plan} = await perform(restore, {selector: 'latest', isFile: false, otherServer: false, api}, ports, {...options, dryRun: true})
    expect(plan.summary).toContain('make database shop read-only until the swap, and end its sessions')
  })
})

describe('the next run after a restore that was killed', () => {
  const killed = (readOnly: unknown) => {
    ports.postgres.databases.set('shop', {...live(), readOnly: 'on'})
    const comment = markText({kind: 'restoring', of: 'shop', readOnly} as never)
    ports.postgres.databases.set('shop_restoring_aaaaaa', {comment, tables: {}})
  }

  test('makes the database writable before it drops what tells of it', async () => {
    killed({previous: null})
    const lines = await sweep(ports)
    expect(lines).toHaveLength(2)
    expect(live().readOnly).toBeNull()
    expect(ports.postgres.steps).toEqual(['swap shop', 'swap shop', 'drop shop_restoring_aaaaaa'])
  })

  test('gives back what the database itself had said before', async () => {
    killed({previous: 'on'})
    await sweep(ports)
    expect(live().readOnly).toBe(`'on'`)
  })

  test.each([{}, 'yes', {previous: 7}])('does nothing by a note that it did not write (%j)', async (readOnly) => {
    killed(readOnly)
    expect(await sweep(ports)).toEqual([])
    expect(live().readOnly).toBe('on')
  })
})

describe('what a database says of itself', () => {
  test('is found among settings for everyone, and not those of a role', () => {
    const role = {role: 'reports', setting: 'default_transaction_read_only=on'}
    expect(readOnlyOf([role, {role: null, setting: 'work_mem=4MB'}])).toEqual({previous: null})
    expect(readOnlyOf([role, {role: null, setting: 'default_transaction_read_only=off'}])).toEqual({previous: 'off'})
  })

  test('is given back word by word', () => {
    expect(readOnlySql('my "shop"')).toBe('ALTER DATABASE "my ""shop""" SET default_transaction_read_only TO on')
    expect(writableSql('shop', {previous: null})).toBe('ALTER DATABASE "shop" RESET default_transaction_read_only')
    expect(writableSql('shop', {previous: 'off'})).toBe(`ALTER DATABASE "shop" SET default_transaction_read_only TO 'off'`)
  })
})
