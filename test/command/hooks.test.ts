import {beforeEach, describe, expect, test} from 'vitest'
import Backup from '../../src/commands/backup.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {FakePorts} from '../support/fakes/ports.ts'

const hooks = {before: ['./quiesce', '--now'], after: ['./announce'], failed: ['./alarm'], finally: ['./resume']}
let ports: FakePorts

beforeEach(() => {
  ports = Object.assign(new FakePorts(), {clock: new FakeClock()})
})

async function backUp(line = '', more: object = {}, portsOf: (signal: AbortSignal) => FakePorts = () => ports) {
  const settings = settingsWith({backup: {directory: '/var/backups', hooks, ...more}})
  const argv = ['--json', ...line.split(' ').filter(Boolean)]
  const {code, stdout, stderr} = await runCommand(Backup, 'backup', argv, portsOf, settings)
  const body = JSON.parse(stdout)
  expect(documentSchemas.backup!.safeParse(body).error, stderr).toBeUndefined()
  return {code, body}
}

const told = () =>
  ports.toolbox.started.map(({argv: [name], environment}) =>
    `${name} ${environment.SPARKONE_KIND} ${environment.SPARKONE_EXIT_CODE}`.trim(),
  )

describe('backup.hooks', () => {
  test('run around a dump', async () => {
    expect(await backUp()).toMatchObject({code: 0, body: {status: 'done', remarks: []}})
    expect(told()).toEqual(['./quiesce database', './announce database 0', './resume database 0'])
  })

  test('run around backup --files', async () => {
    expect(await backUp('--files')).toMatchObject({code: 0, body: {kind: 'files', remarks: []}})
    expect(told()).toEqual(['./quiesce files', './announce files 0', './resume files 0'])
  })

  test('run around a backup by pgBackRest', async () => {
    expect(await backUp('', {engine: 'pgbackrest'})).toMatchObject({code: 0, body: {kind: 'physical', remarks: []}})
    expect(told()).toEqual(['./quiesce server', './announce server 0', './resume server 0'])
  })

  test('run around each of several databases, which they are told', async () => {
    ports.postgres.databases.set('billing', {comment: null, tables: {invoices: 2}})
    expect(await backUp('', {databases: ['shop', 'billing']})).toMatchObject({code: 0})
    expect(ports.toolbox.started.map(({argv: [name], environment}) => `${name} ${environment.SPARKONE_DATABASE}`)).toEqual([
      './quiesce shop',
      './announce shop',
      './resume shop',
      './quiesce billing',
      './announce billing',
      './resume billing',
    ])
  })

  test('of which the first fails end it with the code of a failure and no set', async () => {
    ports.toolbox.endings.set('./quiesce', {exitCode: 9, output: 'busy\n'})
    expect(await backUp()).toMatchObject({code: 2, body: {status: 'failed', error: {details: ['busy']}}})
    expect(await ports.sets.list()).toEqual([])
    expect(told()).toEqual(['./quiesce database', './alarm database 2', './resume database 2'])
  })

  test('that fail behind it make it a warning that names them, in every form of output', async () => {
    ports.toolbox.endings.set('./announce', {exitCode: 1, output: ''})
    const remark = 'The hook after (./announce) ended with 1.'
    expect(await backUp()).toMatchObject({code: 1, body: {status: 'done', remarks: [remark]}})
    const settings = settingsWith({backup: {directory: '/var/backups', hooks}})
    const human = await runCommand(Backup, 'backup', [], () => ports, settings)
    expect(human).toMatchObject({code: 1, stdout: expect.stringContaining(`Warning: ${remark}`)})
    const nagios = await runCommand(Backup, 'backup', ['-o', 'nagios'], () => ports, settings)
    expect(nagios.stdout).toMatch(/^SPARKONE WARNING: [\s\S]*The hook after/)
    expect(await ports.sets.list()).toHaveLength(3)
  })

  test('learn of a backup that failed by its exit code', async () => {
    ports.unreachable = new OperatorError('unreachable', 'The database does not answer.')
    expect(await backUp()).toMatchObject({code: 10})
    expect(told()).toEqual(['./quiesce database', './alarm database 10', './resume database 10'])
  })

  test('are left alone by --dry-run', async () => {
    expect(await backUp('--dry-run')).toMatchObject({code: 0, body: {status: 'planned'}})
    expect(told()).toEqual([])
  })

  test('learn of Ctrl-C, and the run ends with 130', async () => {
    ports.toolbox.endings.set('./quiesce', null)
    const portsOf = (signal: AbortSignal) => Object.assign(ports, {signal})
    ports.toolbox.onStart = ([name]) => name === './quiesce' && process.emit('SIGINT')
    expect(await backUp('--quiet', {}, portsOf)).toMatchObject({code: 130})
    expect(told()).toEqual(['./quiesce database', './alarm database 130', './resume database 130'])
    expect(ports.toolbox.running).toBe(0)
  })
})
