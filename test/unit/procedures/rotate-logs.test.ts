import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {LogFacts, LogRule} from '../../../src/lib/domain/log-rule.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {rotateLogs, type RotateLogsInput} from '../../../src/lib/procedures/rotate-logs.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {plainRule} from '../../support/log-rules.ts'

const yesterday = Date.parse('2026-11-21T10:00:00Z')
const snapshots = {enabled: false, lines: 1000, days: 7, secrets: ['hunter2hunter2']}

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

const log = (path: string, names: string[] = [], lastAt: number | null = yesterday): LogFacts => ({
  path,
  bytes: 10,
  lastAt,
  siblings: names.map((name) => ({name, modifiedAt: yesterday})),
})

function given(rule: Partial<LogRule>, ...logs: LogFacts[]): RotateLogsInput {
  ports.logFolder.found.set(plainRule.pattern, {logs})
  return {rules: [{...plainRule, rotate: 3, ...rule}], timeZone: 'UTC', snapshots}
}

const rotate = (input: RotateLogsInput, dryRun = false) => perform(rotateLogs, input, ports, {dryRun, lockWaitMilliseconds: 0})
const work = () => ports.events.filter((event) => /^(?:move|copy|rename|remove|compress|note|[A-Z0-9]+ to) ?/.test(event))

test('a log is noted before it is touched, so that a run that dies does not rotate it twice', async () => {
  const {result} = await rotate(given({}, log('/logs/a.log', ['a.log.1'])))
  expect(work()).toEqual(['note /logs/a.log', 'rename a.log.1 to a.log.2', 'move /logs/a.log to a.log.1'])
  expect(result!.rotated).toEqual([{path: '/logs/a.log', to: '/logs/a.log.1', reason: 'a new day has begun'}])
})

test('a log that is seen for the first time is noted and no more', async () => {
  const {result} = await rotate(given({}, log('/logs/a.log', [], null)))
  expect(work()).toEqual(['note /logs/a.log'])
  expect(result!.rotated).toEqual([])
  ports.clock.advance(24 * 3_600_000)
  expect((await rotate(given({}, log('/logs/a.log', [], null)))).result!.rotated).toHaveLength(1)
})

test('a dry run says what would be done, and notes nothing', async () => {
  const {plan, result} = await rotate(given({}, log('/logs/a.log', ['a.log.3']), log('/logs/b.log', [], null)), true)
  expect(result).toBeNull()
  expect(plan.summary).toEqual([
    'rotate /logs/a.log to a.log.1: a new day has begun',
    'remove /logs/a.log.4',
    'note that /logs/b.log was seen',
  ])
  expect(work()).toEqual([])
})

test('a log that fails is told of, and the others are rotated', async () => {
  ports.logFolder.failing.set('/logs/a.log', new OperatorError('denied', 'no'))
  const {result} = await rotate(given({}, log('/logs/a.log'), log('/logs/b.log')))
  expect(result!.rotated.map(({path}) => path)).toEqual(['/logs/b.log'])
  expect(result!.findings).toEqual([{subject: '/logs/a.log', status: 'warning', message: 'not rotated: no'}])
})

test('when nothing can be rotated, the run ends as the first log did', async () => {
  ports.logFolder.failing.set('/logs/a.log', new OperatorError('noSpace', 'full'))
  await expect(rotate(given({}, log('/logs/a.log')))).rejects.toMatchObject({kind: 'noSpace'})
})

test('a pattern that fits nothing is a finding, unless that is fine', async () => {
  expect((await rotate(given({missingOk: false}))).result!.findings).toMatchObject([
    {status: 'warning', message: 'no log fits this pattern in /srv/shop/logs'},
  ])
  expect((await rotate(given({}))).result!.findings).toEqual([])
})

test('a log goes by the first rule that means it', async () => {
  const input = given({}, log('/logs/a.log'))
  ports.logFolder.found.set('a*', {logs: [log('/logs/a.log')]})
  await rotate({...input, rules: [...input.rules, {...plainRule, pattern: 'a*', copyTruncate: true}]})
  expect(work().filter((event) => /^(?:move|copy)/.test(event))).toEqual(['move /logs/a.log to a.log.1'])
})

describe('copytruncate', () => {
  const writer = (appends: boolean) => [{process: 42, program: 'java', appends}]

  test('is done where every writer appends', async () => {
    ports.logFolder.open.set('/logs/a.log', writer(true))
    await rotate(given({copyTruncate: true}, log('/logs/a.log')))
    expect(work()).toContain('copy /logs/a.log to a.log.1')
  })

  test('is refused with the name of a writer that does not', async () => {
    ports.logFolder.open.set('/logs/a.log', [...writer(true), ...writer(false)])
    const {result} = await rotate(given({copyTruncate: true}, log('/logs/a.log')))
    expect(work()).toEqual([])
    expect(result!.findings).toMatchObject([
      {subject: '/logs/a.log', status: 'warning', message: expect.stringContaining('java (process 42)') as string},
    ])
  })

  test('is refused where it cannot be seen who writes', async () => {
    ports.logFolder.isPartial = true
    const {result} = await rotate(given({copyTruncate: true}, log('/logs/a.log')))
    expect(result!.findings).toMatchObject([{hint: expect.stringContaining('Run as root') as string}])
    expect(work()).toEqual([])
  })

  test('becomes a rename where a signal can tell the writer', async () => {
    ports.logFolder.open.set('/logs/a.log', writer(false))
    const signal = {name: 'USR1', service: null, pidFile: '/run/java.pid'}
    await rotate(given({copyTruncate: true, signal}, log('/logs/a.log')))
    expect(work()).toEqual(['note /logs/a.log', 'move /logs/a.log to a.log.1', 'USR1 to the process of /run/java.pid'])
  })
})

describe('what is still written to after the rename', () => {
  const open = () => ports.logFolder.open.set('/logs/a.log.1', [{process: 42, program: 'nginx', appends: true}])

  test('is not compressed, and its writer is named', async () => {
    open()
    const {result} = await rotate(given({compress: true}, log('/logs/a.log')))
    expect(work()).not.toContain('compress a.log.1')
    expect(result!.findings).toMatchObject([
      {subject: '/logs/a.log.1', message: 'nginx (process 42) goes on writing to it after the rotation; it is compressed next time'},
    ])
  })

  test('is compressed once a signal made the writer let go, and one signal does for all its logs', async () => {
    open()
    ports.serviceLog.onSignal = () => ports.logFolder.open.clear()
    const signal = {name: 'HUP', service: 'proxy', pidFile: null}
    const {result} = await rotate(given({compress: true, signal}, log('/logs/a.log'), log('/logs/b.log')))
    expect(work().filter((event) => event.startsWith('HUP'))).toEqual(['HUP to proxy'])
    expect(work().slice(-2)).toEqual(['compress a.log.1', 'compress b.log.1'])
    expect(result!.findings).toEqual([])
  })

  test('is waited for, but not for ever', async () => {
    open()
    const signal = {name: 'HUP', service: 'proxy', pidFile: null}
    const begin = ports.clock.elapsed()
    const {result} = await rotate(given({compress: true, signal}, log('/logs/a.log')))
    expect(ports.clock.elapsed() - begin).toBeLessThan(6000)
    expect(result!.findings).toMatchObject([{hint: 'Look whether HUP makes it open its log anew.'}])
  })

  test('a log that cannot be compressed is rotated all the same', async () => {
    ports.logFolder.failing.set('compress /logs/a.log', new OperatorError('noSpace', 'full'))
    const {result} = await rotate(given({compress: true}, log('/logs/a.log')))
    expect(result!.rotated).toHaveLength(1)
    expect(result!.findings).toMatchObject([{message: 'rotated, but not compressed: full'}])
  })
})

describe('snapshots', () => {
  const input = (): RotateLogsInput => ({rules: [], timeZone: 'UTC', snapshots: {...snapshots, enabled: true, lines: 2}})

  test('hold the last lines of each service in a dated file, without secrets and without what drives a terminal', async () => {
    ports.serviceLog.lines.set('api', [
      {at: yesterday, text: 'too long ago'},
      {at: yesterday, text: 'the password is hunter2hunter2'},
      {at: yesterday + 1, text: '\u001b[2Jcleared'},
    ])
    const {result} = await rotate(input())
    expect(ports.logFolder.written.get('/srv/shop/logs/snapshots/api-20261122.log')).toEqual([
      '2026-11-21T10:00:00.000Z the password is [redacted]',
      String.raw`2026-11-21T10:00:00.001Z \x1b[2Jcleared`,
    ])
    expect(result!.snapshots).toMatchObject([{service: 'api', lines: 2}])
  })

  test('are taken once a day, and go after their days', async () => {
    ports.serviceLog.lines.set('api', [{at: null, text: 'x'}])
    ports.logFolder.present = ['api-20261122.log', 'api-20261115.log', 'api-20261114.log', 'notes.txt', 'web-20200101.log']
    const {result} = await rotate(input())
    expect(result!.snapshots).toEqual([])
    expect(work()).toEqual(['remove api-20261114.log', 'remove web-20200101.log'])
  })
})

describe('Docker', () => {
  test('keeps its folders and files to itself, wherever they are', async () => {
    ports.serviceLog.paths = {folders: ['/data/docker'], files: ['/data/docker/containers/a/a-json.log']}
    await rotate(given({}))
    expect(ports.logFolder.forbidden).toEqual({
      folders: ['/var/lib/docker', '/var/lib/containers', '/var/lib/containerd', '/data/docker'],
      files: ['/data/docker/containers/a/a-json.log'],
    })
  })

  test('that is down is a finding, and log files are rotated all the same', async () => {
    ports.serviceLog.down = new OperatorError('unreachable', 'The Docker Engine does not answer.')
    const {result} = await rotate(given({}, log('/logs/a.log')))
    expect(result!.rotated).toHaveLength(1)
    expect(result!.findings).toMatchObject([{subject: 'docker logs', status: 'warning'}])
    expect(ports.logFolder.forbidden!.folders).toContain('/var/lib/docker')
  })

  test('whose logs have no bound is a finding with the lines to add', async () => {
    ports.serviceLog.logging = [{service: 'api', container: 'shop-api-1', driver: 'json-file', options: {}}]
    const {result} = await rotate(given({}))
    expect(result!.findings).toMatchObject([{status: 'warning', hint: expect.stringContaining("max-size: '10m'") as string}])
  })
})

test('another run that holds the lock ends this one', async () => {
  const locks = {acquire: () => Promise.reject(new OperatorError('locked', 'busy'))}
  const locked = Object.assign(ports, {locks: async () => locks})
  await expect(perform(rotateLogs, given({}), locked, {dryRun: false, lockWaitMilliseconds: 0})).rejects.toMatchObject({exitCode: 5})
})
