import {readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, onTestFinished, test} from 'vitest'
import Backup from '../../src/commands/backup.ts'
import CronInstall from '../../src/commands/cron/install.ts'
import CronList from '../../src/commands/cron/list.ts'
import CronPrint from '../../src/commands/cron/print.ts'
import CronRemove from '../../src/commands/cron/remove.ts'
import {type CommandRun, runHere} from '../support/command.ts'
import {readDocument} from '../support/documents.ts'
import {folderWith} from '../support/folder.ts'
import {sparkone} from '../support/sparkone.ts'
import {startReceiver, type Receiver} from '../support/unattended/receiver.ts'

/** Nothing listens on port 1, so the database is down. */
const base = 'version: 1\nproject: shop\nruntime: host\ndatabase: {name: shop, host: 127.0.0.1, port: 1, password: {env: SHOP_PASSWORD}}\n'
const nightly = "schedule: {backup: '0 2 * * *', verify: '@weekly', timeZone: Europe/Berlin, waitForDatabase: 1ms}\n"

let folder: string

beforeEach(() => {
  folder = folderWith({'sparkone.yml': base + nightly})
})

const commands = {'cron install': CronInstall, 'cron remove': CronRemove, 'cron print': CronPrint, 'cron list': CronList, backup: Backup}

afterEach(() => {
  for (const name of ['SPARKONE_STATE_DIR', 'SHOP_PASSWORD', 'PING', 'SLACK_ALERT_WEBHOOK']) delete process.env[name]
})

/** Types `sparkone <line>` with this folder's configuration and state. */
function type(line: string, more: Record<string, string> = {}): Promise<CommandRun> {
  const found = Object.entries(commands).find(([name]) => line === name || line.startsWith(`${name} `))!
  Object.assign(process.env, environment(), more)
  const argv = line.slice(found[0].length).split(' ').filter(Boolean)
  return runHere(found[1], found[0].replaceAll(' ', ':'), [...argv, '--config', path.join(folder, 'sparkone.yml')])
}

const environment = () => ({SPARKONE_STATE_DIR: path.join(folder, 'state'), SHOP_PASSWORD: 'hunter2'})

describe('the timer', () => {
  test('is shown as it would be written, and nothing is written', async () => {
    const {code, stdout} = await type('cron print --system cron.d --root /nowhere')
    expect(code).toBe(0)
    expect(stdout).toMatch(
      /^# \/nowhere\/etc\/cron\.d\/sparkone-shop-production\n# Written by sparkone cron install for shop \(production\)/,
    )
    expect(stdout).toContain(`${process.execPath} `)
    expect(stdout).toContain(` cron run --cron --config ${path.join(folder, 'sparkone.yml')} --env production`)
    expect(readDocument((await type('cron print --system systemd --json')).stdout, 'cron-print')).toMatchObject({
      system: 'systemd',
      files: [{}, {}],
    })
  })

  test.each(['cron.d', 'systemd'])('leads %s to the Docker that is used now, and another user to his own', async (system) => {
    const host = process.env.DOCKER_HOST
    onTestFinished(() => {
      if (host === undefined) delete process.env.DOCKER_HOST
      else process.env.DOCKER_HOST = host
    })
    const words = `cron print --system ${system}`
    const rootless = {DOCKER_HOST: 'unix:///run/user/1000/docker.sock'}
    expect((await type(words, rootless)).stdout).toMatch(/^(?:Environment=)?DOCKER_HOST=unix:\/\/\/run\/user\/1000\/docker\.sock$/m)
    expect((await type(`${words} --user nobody`, rootless)).stdout).not.toContain('DOCKER_HOST')
  })

  test('is installed once, warns of settings that it will not have, and is removed', async () => {
    const root = path.join(folder, 'tree')
    const first = await type(`cron install --system cron.d --root ${root}`)
    expect(first).toMatchObject({code: 1, stdout: expect.stringContaining('SHOP_PASSWORD')})
    const file = path.join(root, 'etc/cron.d/sparkone-shop-production')
    expect(statSync(file).mode & 0o777).toBe(0o644)
    expect(readFileSync(file, 'utf8')).not.toContain('hunter2')
    const again = readDocument((await type(`cron install --system cron.d --root ${root} --json`)).stdout, 'cron-install')
    expect(again).toMatchObject({changes: [`leave ${file} as it is`]})
    expect(await type(`cron remove --root ${root}`)).toMatchObject({code: 0, stdout: expect.stringContaining(`remove ${file}`)})
    expect(readdirSync(path.dirname(file))).toEqual([])
  })

  test('does not take the place of a file that somebody else wrote', async () => {
    const tree = folderWith({'etc/cron.d/sparkone-shop-production': '0 3 * * * root backup\n'})
    const run = await type(`cron install --system cron.d --root ${tree}`)
    expect(run).toMatchObject({code: 4, stderr: expect.stringContaining('was not written by sparkone')})
    expect(readFileSync(path.join(tree, 'etc/cron.d/sparkone-shop-production'), 'utf8')).toBe('0 3 * * * root backup\n')
  })

  test('without a schedule has nothing to call', async () => {
    writeFileSync(path.join(folder, 'sparkone.yml'), base)
    expect(await type('cron install')).toMatchObject({code: 3, stderr: expect.stringContaining('No job has a schedule')})
  })
})

test('a schedule that cron would not take is refused with what is expected', async () => {
  writeFileSync(path.join(folder, 'sparkone.yml'), `${base}schedule: {backup: '0 25 * * *', timeZone: Mars/Phobos}\n`)
  const {code, stderr} = await type('cron list')
  expect(code).toBe(3)
  expect(stderr).toMatch(
    /schedule\.backup: expected a cron expression such as '0 2 \* \* \*' or @daily, got '0 25 \* \* \*' \(.*sparkone\.yml:5:20\)/,
  )
  expect(stderr).toContain('schedule.timeZone: expected a time zone such as UTC or Europe/Berlin')
})

test('what is due is run once, told of once, and listed', async () => {
  const look = () => sparkone(['cron', 'run', '--cron'], {cwd: folder, environment: environment()})
  const run = await look()
  expect(run).toMatchObject({code: 10, stdout: ''})
  expect(run.stderr.match(/^sparkone (\w+) ended with \d+$/gm)).toEqual([
    'sparkone backup ended with 10',
    expect.stringContaining('sparkone verify ended'),
  ])
  expect(await look()).toMatchObject({code: 0, stdout: '', stderr: ''})
  expect(await type('backup --cron')).toMatchObject({code: 0, stdout: '', stderr: ''})
  const list = readDocument((await type('cron list --json')).stdout, 'cron-list')
  expect(list).toMatchObject({jobs: [{job: 'backup', due: false, last: {exitCode: 10}}, {job: 'verify'}], installed: null})
  expect((await type('cron list')).stdout).toMatch(/^backup +0 2 \* \* \* Europe\/Berlin +\d{4}-.* (CET|CEST|GMT\+[12]) +with 10/m)
})

describe('whoever is to be told', () => {
  let receiver: Receiver

  async function told(more = ''): Promise<void> {
    receiver = await startReceiver()
    const text = `${base}notifications:\n  heartbeat: {backup: {env: PING}}\n  webhooks: [{url: '${receiver.url}/hook'}]\n  metrics: {textfile: metrics, pushgateway: '${receiver.url}'}\n${more}`
    writeFileSync(path.join(folder, 'sparkone.yml'), text)
  }

  const backUp = () => type('backup --cron', {PING: `${receiver.url}/ping/7c1d`, SLACK_ALERT_WEBHOOK: `${receiver.url}/slack/T0/B0/x9`})

  test('is told of a failure once by Slack and webhook, each time by the heartbeat and the metrics, and never of a secret', async () => {
    await told()
    await using sink = receiver
    const first = await backUp()
    const second = await backUp()
    expect([first.code, second.code, second.stderr]).toEqual([10, 10, ''])
    expect(sink.at('/ping').map((url) => url.replace(/\?rid=[0-9a-f-]{36}$/, '?rid='))).toEqual([
      '/ping/7c1d/start?rid=',
      '/ping/7c1d/10?rid=',
      '/ping/7c1d/start?rid=',
      '/ping/7c1d/10?rid=',
    ])
    expect(sink.at('/slack')).toHaveLength(1)
    const hook = sink.received.find(({url}) => url === '/hook')!
    expect(JSON.parse(hook.body)).toMatchObject({
      schema: 'sparkone/notification@1',
      event: 'failure',
      job: 'backup',
      project: 'shop',
      exitCode: 10,
      run: expect.stringMatching(/^[0-9a-f-]{36}$/),
      message: expect.stringContaining('Connection refused'),
    })
    expect(sink.at('/metrics')).toEqual(Array(2).fill('/metrics/job/sparkone/project/shop/environment/production'))
    const metrics = path.join(folder, 'metrics/sparkone-shop-production.prom')
    expect(readFileSync(metrics, 'utf8')).toContain('job_name="backup"} 10')
    expect(statSync(metrics).mode & 0o777).toBe(0o644)
    const everything = [first.stdout, first.stderr, readFileSync(metrics, 'utf8'), ...sink.received.map(({body}) => body)].join('\n')
    expect(everything).not.toMatch(/hunter2|7c1d|B0\/x9/)
  })

  test('and does not answer delays and changes nothing, and is complained about once, without its address', async () => {
    await told()
    await using sink = receiver
    sink.script.push('hangs', 'drops', 500, 'drops', 404, 'hangs', 503, 503, 503)
    const began = performance.now()
    const first = await backUp()
    expect(first.code).toBe(10)
    expect(performance.now() - began).toBeLessThan(20_000)
    expect(first.stderr).toMatch(/^Warning: the heartbeat was not told: /m)
    expect(first.stderr).not.toMatch(/7c1d|B0\/x9|127\.0\.0\.1:\d{3,}\//)
  })
})
