import {writeFileSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import Logs from '../../src/commands/logs.ts'
import RotateLogs from '../../src/commands/rotate-logs.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {readDocument} from '../support/documents.ts'
import {FakePorts} from '../support/fakes/ports.ts'
import {folderWith} from '../support/folder.ts'
import {sparkone} from '../support/sparkone.ts'

function stack(): FakePorts {
  const ports = new FakePorts()
  ports.serviceLog.lines.set('api', [{at: Date.parse('2026-11-22T09:59:00Z'), text: '{"level":50,"msg":"failed \\u001b[2J"}'}])
  return ports
}

const logs = (argv: string[], ports = stack()) => runCommand(Logs, 'logs', argv, () => ports)
const rotate = (argv: string[], ports = stack(), settings = settingsWith()) =>
  runCommand(RotateLogs, 'rotate-logs', argv, () => ports, settings)

test('lines come as a table or as a document, and nothing in either drives the terminal', async () => {
  expect(await logs([])).toMatchObject({code: 0, stdout: '2026-11-22 09:59:00.000  api  ERROR  failed \\x1b[2J\n'})
  const {stdout} = await logs(['--json'])
  expect(readDocument(stdout, 'logs')).toMatchObject({
    status: 'found',
    lines: [{service: 'api', level: 'error', message: String.raw`failed \x1b[2J`}],
  })
  expect(await logs(['--only', 'slow'])).toMatchObject({code: 0, stdout: 'No such line was logged.\n'})
})

test.each([
  [['--since', 'yesterday'], '--since yesterday is no time.'],
  [['--follow', '--json'], '--follow shows lines as they come and has no other form of output.'],
  [['--only', 'warnings'], 'Expected --only=warnings to be one of: errors, security, slow'],
  [['--lines', '0'], 'Expected an integer greater than or equal to 1 but received: 0'],
])('%j is refused with 3', async (argv, message) => {
  const {code, stdout, stderr} = await logs(argv)
  expect([code, stdout + stderr]).toEqual([3, expect.stringContaining(message)])
})

test('a time since when is taken as a duration or as a moment', async () => {
  const ports = stack()
  await logs(['--since', '10m'], ports)
  expect(ports.serviceLog.asked).toMatchObject({since: new Date('2026-11-22T09:50:00Z'), lines: null})
  await logs(['--since', '2026-11-22T09:30'], ports)
  expect(ports.serviceLog.asked).toMatchObject({since: new Date('2026-11-22T09:30:00Z')})
})

test('an unknown service ends with 9, and Docker that is down with 10', async () => {
  expect(await logs(['apj'])).toMatchObject({
    code: 9,
    stderr: 'There is no service apj. There are: api.\nNext: Did you mean sparkone logs api?\n',
  })
  const down = stack()
  down.serviceLog.down = new OperatorError('unreachable', 'The Docker Engine does not answer.')
  expect((await logs([], down)).code).toBe(10)
})

test('rotate-logs ends with 1 where a container has no bound, and shows the lines to add', async () => {
  const ports = stack()
  ports.serviceLog.logging = [{service: 'api', container: 'shop-api-1', driver: 'json-file', options: {}}]
  const {code, stdout} = await rotate([], ports)
  expect(code).toBe(1)
  expect(stdout).toContain("        max-size: '10m'\n")
  expect(readDocument((await rotate(['--json'], ports)).stdout, 'rotate-logs')).toMatchObject({
    status: 'done',
    findings: [{status: 'warning'}],
  })
  expect(readDocument((await rotate(['--dry-run', '--json'], ports)).stdout, 'rotate-logs')).toMatchObject({status: 'planned'})
})

test('rotate-logs that meets another run ends with 5', async () => {
  const locks = {acquire: () => Promise.reject(new OperatorError('locked', 'sparkone backup has been running.'))}
  expect((await rotate([], Object.assign(stack(), {locks: async () => locks}))).code).toBe(5)
})

test('the words of logrotate are read from the configuration, and each mistake is named', async () => {
  const text = (rules: string) =>
    `version: 1\nproject: shop\nruntime: host\ndatabase: {url: 'postgres://shop@localhost/shop'}\nbackup: {directory: backups}\nlogs: {rotate: [${rules}]}\n`
  const wrong = `{pattern: a.log, dateformat: '-%H', size: 1x, rotate: -2, create: '0999', signal: {name: usr1, service: a}}`
  const folder = folderWith({'sparkone.yml': text(wrong), 'logs/a.log': 'some lines\n'})
  const environment = {SPARKONE_STATE_DIR: path.join(folder, 'state')}
  const refused = await sparkone(['rotate-logs'], {cwd: folder, environment})
  expect(refused.code).toBe(3)
  for (const key of ['dateformat', 'size', 'rotate', 'create', 'signal.name'])
    expect(refused.stderr).toContain(`logs.rotate[0].${key}: expected`)
  writeFileSync(path.join(folder, 'sparkone.yml'), text(`{pattern: '*.log', size: 5, rotate: 2, compress: true, create: '0600'}`))
  const {code, stdout} = await sparkone(['rotate-logs', '--quiet'], {cwd: folder, environment})
  expect([code, stdout]).toEqual([0, `rotated   ${folder}/logs/a.log to a.log.1: it has reached size\n`])
}, 30_000)
