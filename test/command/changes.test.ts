import {beforeEach, describe, expect, test} from 'vitest'
import {OperatorError} from '../../src/lib/errors.ts'
import type {FakePorts} from '../support/fakes/ports.ts'
import {openSession, type Session} from '../support/session.ts'

let session: Session
let ports: FakePorts

beforeEach(() => {
  session = openSession()
  ports = session.ports
})

const sparkone: Session['sparkone'] = (line, portsOf) => session.sparkone(line, portsOf)
const document: Session['document'] = (line) => session.document(line)
const liveTables = () => ports.postgres.databases.get('shop')?.tables

describe('backup', () => {
  test('says what it holds, and what to type next', async () => {
    const {code, stdout, stderr} = await sparkone('backup')
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toContain('2 tables, 8 rows')
    expect(stdout).toMatch(/sparkone verify 20261122T100000Z-000002\n$/)
  })

  test('answers programs with one document', async () => {
    expect(await document('backup')).toMatchObject({
      schema: 'sparkone/backup@1',
      status: 'done',
      id: '20261122T100000Z-000002',
      database: 'shop',
      rows: 8,
    })
  })

  test('answers Nagios and Prometheus', async () => {
    expect((await sparkone('backup --output nagios')).stdout).toMatch(/^SPARKONE OK: .*'backup rows'=8/)
    expect((await sparkone('backup -o prometheus')).stdout).toMatch(/^sparkone_\w+\{[^}]*subject="backup"[^}]*\} /m)
  })

  test('tells what it cleaned up after a run that died', async () => {
    await ports.sets.create('20261121T020000Z-3f9a1c')
    expect((await sparkone('backup')).stdout).toMatch(/^Cleaned up: removed the unfinished backup 20261121T020000Z-3f9a1c\n/)
  })

  test('only plans with --dry-run', async () => {
    const {stdout} = await sparkone('backup -n')
    expect(stdout).toMatch(/^Would:\n {2}- dump database shop .*\n[\s\S]*Nothing was changed\.\n$/)
    expect(await document('backup --dry-run')).toMatchObject({status: 'planned'})
    expect(await ports.sets.list()).toEqual([])
  })

  test('leaves the processors to others, and asks nothing of anybody when it only plans', async () => {
    await sparkone('backup --dry-run')
    expect(ports.host.nice).toBe(0)
    await sparkone('backup')
    expect(ports.host.nice).toBe(10)
  })

  test('of an empty database is refused, and made with --allow-empty', async () => {
    ports.postgres.databases.set('shop', {comment: null, tables: {}})
    expect(await document('backup')).toMatchObject({status: 'failed', exitCode: 4, error: {kind: 'refused'}})
    expect(await document('backup --allow-empty')).toMatchObject({status: 'done', rows: 0})
  })
})

describe('verify', () => {
  beforeEach(() => sparkone('backup'))

  test('takes the newest backup where none is named', async () => {
    expect(await document('verify')).toMatchObject({status: 'done', proof: {passed: true, rows: 8}})
  })

  test('only plans with --dry-run', async () => {
    expect(await document('verify --dry-run')).toMatchObject({status: 'planned'})
    expect(ports.postgres.ephemerals).toEqual([])
  })

  test('of a backup that does not pass ends with 13 and shows the differences', async () => {
    ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)
    const {code, stdout} = await sparkone('verify')
    expect(code).toBe(13)
    expect(stdout).toContain('! table public.orders: expected 5 rows, found 4 rows')
    expect(await document('verify')).toMatchObject({status: 'failed', exitCode: 13, proof: {passed: false}})
    expect((await sparkone('verify -o nagios')).stdout).toMatch(/^SPARKONE CRITICAL/)
  })

  test('of a backup that is not there ends with 9', async () => {
    expect(await document('verify 20200101T000000Z')).toMatchObject({exitCode: 9, error: {kind: 'notFound'}})
  })
})

describe('restore', () => {
  beforeEach(async () => {
    await sparkone('backup')
    ports.postgres.databases.get('shop')!.tables = {customers: 3}
  })

  test('brings the backup back and says how to take that back', async () => {
    const {code, stdout} = await sparkone('restore latest --yes')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Database shop is now 20261122T100000Z-000002\n[\s\S]*sparkone restore --undo\n$/)
    expect(liveTables()).toEqual({customers: 3, orders: 5})
  })

  test('answers programs with one document, and so does its undoing', async () => {
    expect(await document('restore latest --yes')).toMatchObject({
      status: 'done',
      database: 'shop',
      rows: 8,
      kept: 'shop_before_20261122_100000',
    })
    expect(await document('restore --undo --yes')).toMatchObject({status: 'done', broughtBack: 'shop_before_20261122_100000'})
    expect(liveTables()).toEqual({customers: 3})
  })

  test('only plans with --dry-run, undoing too', async () => {
    expect(await document('restore latest --dry-run')).toMatchObject({status: 'planned'})
    await sparkone('restore latest --yes')
    expect(await document('restore --undo --dry-run')).toMatchObject({status: 'planned'})
    expect(liveTables()).toEqual({customers: 3, orders: 5})
  })

  test('lists what there is', async () => {
    await sparkone('restore latest --yes')
    ports.sets.brokenSets = [{location: 'memory/x', reason: 'its manifest is missing'}]
    expect(await document('restore --list')).toMatchObject({
      status: 'done',
      backups: [{id: '20261122T100000Z-000002', rows: 8, proven: null}],
      broken: [{location: 'memory/x'}],
      kept: [{name: 'shop_before_20261122_100000'}],
    })
    expect((await sparkone('restore --list')).stdout).toContain('not proven')
  })

  test('lists backups with the server down, too', async () => {
    ports.unreachable = new OperatorError('unreachable', 'docker is not running')
    expect(await document('restore --list')).toMatchObject({status: 'done', kept: null})
  })

  test('without consent changes nothing and ends with 4', async () => {
    ports.confirmation.agrees = false
    expect(await document('restore latest')).toMatchObject({exitCode: 4, error: {kind: 'refused'}})
    expect(liveTables()).toEqual({customers: 3})
  })

  test.each([
    'restore',
    'restore latest --list',
    'restore latest --undo',
    'restore latest --db x.sql',
    'restore --list --undo',
    'restore latest --at 2h',
    'restore --prune-old --undo',
    'restore --db x.sql --undo',
  ])('%s is not one thing to do, and ends with 3', async (line) => {
    expect(await document(line)).toMatchObject({exitCode: 3, error: {kind: 'usage'}})
    expect(ports.events.slice(-1)).toEqual(['release'])
  })

  test('of a file that is not there ends with 9', async () => {
    expect(await document('restore --db nowhere.sql --yes')).toMatchObject({exitCode: 9})
  })
})

describe('cron', () => {
  const broken = new OperatorError('unreachable', 'The database does not answer.', {hint: 'docker compose up -d'})

  test('hears nothing when all is well', async () => {
    expect(await sparkone('backup --cron')).toEqual({code: 0, stdout: '', stderr: ''})
  })

  test('hears of a failure once, with its exit code each time, and once that all is well again', async () => {
    ports.unreachable = broken
    const first = await sparkone('backup --cron')
    expect(first).toEqual({
      code: 10,
      stdout: '',
      stderr: 'sparkone backup ended with 10\nThe database does not answer.\nNext: docker compose up -d\n',
    })
    expect(await sparkone('backup --cron')).toEqual({code: 10, stdout: '', stderr: ''})
    ports.unreachable = null
    expect(await sparkone('backup --cron')).toEqual({code: 0, stdout: '', stderr: 'sparkone backup: all is well again.\n'})
    expect(await sparkone('backup --cron')).toEqual({code: 0, stdout: '', stderr: ''})
  })

  test('hears of another failure, although one was told already', async () => {
    ports.unreachable = broken
    await sparkone('backup --cron')
    ports.unreachable = new OperatorError('denied', 'The password is wrong.')
    expect((await sparkone('backup --cron')).stderr).toContain('The password is wrong.')
  })

  test('hears of a failure even when there is no room to remember it', async () => {
    ports.unreachable = broken
    process.env.SPARKONE_STATE_DIR = '/dev/null/state'
    const {code, stderr} = await sparkone('backup --cron')
    expect([code, stderr]).toEqual([10, expect.stringContaining('The database does not answer.')])
  })
})
