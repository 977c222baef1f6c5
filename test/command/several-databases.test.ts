import {beforeEach, describe, expect, test} from 'vitest'
import Backup from '../../src/commands/backup.ts'
import Restore from '../../src/commands/restore.ts'
import Verify from '../../src/commands/verify.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {readDocument} from '../support/documents.ts'
import {openSession} from '../support/session.ts'
import type {FakePorts} from '../support/fakes/ports.ts'

const commands = {backup: Backup, verify: Verify, restore: Restore}
const settings = settingsWith({backup: {databases: ['shop', 'billing']}})

let ports: FakePorts

beforeEach(() => {
  ports = openSession().ports
  ports.postgres.databases.set('billing', {comment: null, tables: {invoices: 7}})
})

async function run(line: string) {
  const [verb = '', ...argv] = line.split(' ')
  return runCommand(commands[verb as keyof typeof commands], verb, argv, () => ports, settings)
}

const document = async (line: string) => readDocument((await run(`${line} --json`)).stdout, line.split(' ')[0])
const databases = async () => (await ports.sets.list()).map(({manifest}) => manifest.database)

describe('backup of several databases', () => {
  test('makes a set of each', async () => {
    expect(await document('backup')).toMatchObject({
      status: 'done',
      exitCode: 0,
      sets: [
        {database: 'shop', rows: 8},
        {database: 'billing', rows: 7},
      ],
    })
    expect(await databases()).toEqual(['shop', 'billing'])
  })

  test('adds up what it measured', async () => {
    expect((await run('backup -o nagios')).stdout).toMatch(/'backup rows'=15/)
  })

  test('goes on after one that failed, and ends with the exit code of that one', async () => {
    ports.postgres.databases.delete('shop')
    expect(await document('backup')).toMatchObject({
      status: 'failed',
      exitCode: 9,
      sets: [
        {database: 'shop', status: 'failed', error: {kind: 'notFound'}},
        {database: 'billing', status: 'done'},
      ],
    })
    expect(await databases()).toEqual(['billing'])
  })

  test('ends where it is interrupted', async () => {
    const interrupted = new OperatorError('interrupted', 'Interrupted.')
    ports.postgres.failing = {dump: interrupted}
    const {code} = await run('backup')
    expect(code).toBe(130)
    expect(ports.postgres.steps.filter((step) => step === 'dump')).toHaveLength(1)
  })

  test('is of one alone where that is named, with the document of one', async () => {
    expect(await document('backup --database billing')).toMatchObject({status: 'done', database: 'billing', rows: 7})
    expect(await databases()).toEqual(['billing'])
  })

  test('only plans with --dry-run, for each', async () => {
    const {plan} = (await document('backup --dry-run')) as unknown as {plan: string[]}
    expect(plan.filter((line) => line.startsWith('dump database'))).toHaveLength(2)
    expect(await databases()).toEqual([])
  })
})

describe('the backups of several databases', () => {
  beforeEach(() => run('backup'))

  test('are listed apart', async () => {
    const {stdout} = await run('restore --list')
    expect(stdout).toMatch(/Of database billing:\n.*7 rows[\s\S]*Of database shop:\n.*8 rows/)
  })

  test('are proven one after the other', async () => {
    expect(await document('verify')).toMatchObject({
      status: 'done',
      proofs: [
        {database: 'shop', proof: {passed: true, rows: 8}},
        {database: 'billing', proof: {passed: true, rows: 7}},
      ],
    })
  })

  test('that do not all pass end with 13', async () => {
    ports.postgres.afterRestore = ({tables}) => tables.invoices !== undefined && (tables.invoices = 6)
    expect(await document('verify')).toMatchObject({status: 'failed', exitCode: 13, proofs: [{status: 'done'}, {status: 'failed'}]})
  })

  test('are restored one at a time, and it must be said which', async () => {
    expect(await document('restore latest --yes')).toMatchObject({exitCode: 3, error: {hint: 'Say --database shop or --database billing.'}})
    ports.postgres.databases.get('billing')!.tables = {}
    expect(await document('restore latest --database billing --yes')).toMatchObject({database: 'billing', rows: 7})
    expect(ports.postgres.databases.get('shop')!.tables).toEqual({customers: 3, orders: 5})
  })

  test('and what restores put aside of each are listed, with what brings one of them back', async () => {
    const {stdout} = await run('restore latest --database billing --yes')
    expect(stdout).toContain('To swap back: sparkone restore --undo --database billing')
    await run('restore latest --database shop --yes')
    const {kept} = (await document('restore --list')) as unknown as {kept: {database: string; name: string}[]}
    expect(kept.map(({database}) => database)).toEqual(['shop', 'billing'])
    const list = (await run('restore --list')).stdout
    expect(list).toContain('(sparkone restore --undo --database NAME brings the first back)')
    for (const {name} of kept) expect(list).toContain(`  ${name}, put aside`)
    expect((await run('restore --undo --database billing --yes')).stdout).toContain(
      'forward again: sparkone restore --undo --database billing',
    )
  })

  test('are never put in the place of another', async () => {
    const [shop] = await ports.sets.list()
    expect(await document(`restore ${shop!.manifest.id} --database billing --yes`)).toMatchObject({
      exitCode: 3,
      error: {message: `Backup ${shop!.manifest.id} is of database shop.`},
    })
  })
})
