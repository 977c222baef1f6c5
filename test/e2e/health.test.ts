import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Finding} from '../../src/lib/domain/finding.ts'
import {requireTestbed} from '../support/testbed/index.ts'
import {openDesk, type Desk} from './story/desk.ts'

/** The longest that a look may take, whatever is broken. */
const limitMilliseconds = 6000

let desk: Desk | undefined

beforeAll(async () => {
  const testbed = await requireTestbed()
  if (!testbed.image || !testbed.composeV2) return
  desk = await openDesk(testbed, `e2e-health-${process.pid}`, {healthSeconds: 1})
  await desk.does(['backup'])
  await desk.does(['verify'])
})

afterAll(() => desk?.[Symbol.asyncDispose]())

function ask(skip: (note: string) => never): Desk {
  return desk ?? skip('the Docker Engine or Compose is missing')
}

/** Looks, and returns the findings by subject; the run ended in time and with the code of its worst finding. */
async function look({run}: Desk): Promise<Map<string, Finding>> {
  const {code, stdout} = await run(['health', '--json'])
  const document = JSON.parse(stdout) as {exitCode: number; milliseconds: number; findings: Finding[]}
  const codes = {ok: 0, warning: 1, critical: 2, unknown: 3}
  expect(code).toBe(document.exitCode)
  expect(code).toBe(codes[document.findings[0]!.status])
  expect(document.milliseconds).toBeLessThan(limitMilliseconds)
  expect(document.findings.filter(({status, hint}) => status !== 'ok' && !hint)).toEqual([])
  return new Map(document.findings.map((finding) => [finding.subject, finding]))
}

async function healthOf({stack}: Desk, service: string): Promise<string> {
  const argv = ['inspect', '--format', '{{.State.Health.Status}}', await stack.container(service)]
  return (await execa('docker', argv, {env: stack.environment})).stdout
}

describe('health of a stack with a proven backup', () => {
  it('finds nothing wrong but the container that nothing checks', async ({skip}) => {
    const here = ask(skip)
    await expect.poll(() => healthOf(here, 'api'), {timeout: 40_000}).toBe('healthy')
    const found = await look(here)
    expect(found.get('backup')).toMatchObject({status: 'ok'})
    expect(found.get('tables')).toMatchObject({status: 'ok', message: expect.stringContaining('none is missing')})
    expect(found.get('prometheus')).toMatchObject({status: 'ok', message: '2 of 2 targets up'})
    const wrong = [...found.values()].filter(({status, subject}) => status !== 'ok' && !subject.startsWith('host'))
    expect(wrong).toMatchObject([{subject: 'container worker', status: 'warning', hint: expect.stringContaining('healthcheck')}])
  })

  it('finds a dropped table, and names the backup that holds it', async ({skip}) => {
    const here = ask(skip)
    const {backups} = await here.does(['restore', '--list'])
    const [{id}] = backups as [{id: string}]
    await here.stack.sql('DROP TABLE attachments')
    const found = await look(here)
    expect(found.get('tables')).toMatchObject({
      status: 'critical',
      message: `table public.attachments, in backup ${id}, is missing`,
      hint: expect.stringContaining(`sparkone restore ${id}`),
    })
    expect(found.get('api /health/database')).toMatchObject({status: 'critical'})
    await here.does(['restore', id, '--yes'])
    expect((await look(here)).get('tables')).toMatchObject({status: 'ok'})
  })

  it('finds an unhealthy container, and what its health check said', async ({skip}) => {
    const here = ask(skip)
    const setPassword = async (now: string, next: string) => {
      const argv = [
        'exec',
        '--env',
        'REDISCLI_AUTH',
        await here.stack.container('redis'),
        'redis-cli',
        'CONFIG',
        'SET',
        'requirepass',
        next,
      ]
      await execa('docker', argv, {env: {...here.stack.environment, REDISCLI_AUTH: now}})
    }
    await setPassword(here.stack.redisPassword, 'another-password')
    try {
      await expect.poll(() => healthOf(here, 'redis'), {timeout: 40_000}).toBe('unhealthy')
      const found = await look(here)
      expect(found.get('container redis')).toMatchObject({status: 'critical', message: expect.stringMatching(/^unhealthy/)})
      expect(found.get('redis')).toMatchObject({status: 'unknown', message: expect.stringContaining('refuses')})
    } finally {
      await setPassword('another-password', here.stack.redisPassword)
    }
  })

  it('speaks to Nagios and to Prometheus as they want to be spoken to', async ({skip}) => {
    const here = ask(skip)
    const nagios = await here.run(['health', '--output', 'nagios'])
    const [first = '', ...rest] = nagios.stdout.trimEnd().split('\n')
    const word = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'][nagios.code]
    expect(first).toMatch(new RegExp(`^SPARKONE ${word}: [^|]+ \\| `))
    const performance = [first, ...rest].flatMap((line) => line.split('|').slice(1)).join(' ')
    const value = String.raw`'[^'=]+'=-?[\d.]+(?:s|%|B|c)?(?:;[\d.]*){0,4}`
    expect(performance.trim()).toMatch(new RegExp(`^(?:${value})(?: ${value})*$`))

    const {stdout, code} = await here.run(['health', '--output', 'prometheus'])
    expect([0, 1, 2, 3]).toContain(code)
    const container = await here.stack.container('prometheus')
    const argv = ['exec', '--interactive', container, 'promtool', 'check', 'metrics']
    const checked = await execa('docker', argv, {env: here.stack.environment, input: stdout, reject: false})
    expect({code: checked.exitCode, said: checked.stderr + checked.stdout}).toEqual({code: 0, said: ''})
  })
})
