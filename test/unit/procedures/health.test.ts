import {expect, test} from 'vitest'
import {worst} from '../../../src/lib/domain/finding.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {healthyContainer} from '../../support/fakes/watched-stack.ts'
import {HealthRun} from '../../support/health-run.ts'

const dockerDown = new OperatorError('unreachable', 'Docker does not answer.', {hint: 'systemctl start docker'})

test('a stack that is well in every respect is OK, and every finding says why', async () => {
  const findings = await new HealthRun().findings()
  expect(findings.map(({status, subject}) => `${status} ${subject}`)).toEqual([
    'ok api /health',
    'ok database',
    'ok redis',
    'ok container api',
    'ok tables',
    'ok backup',
    'ok host cpu',
    'ok host memory',
    'ok disk /',
  ])
  expect(findings.every(({message}) => message.length > 0)).toBe(true)
})

test('every problem carries a command to type', async () => {
  const run = new HealthRun()
  run.http.answer('http://localhost:8000/health', {status: 503})
  run.stack.reading = new OperatorError('unreachable', 'Connection refused.')
  run.stack.redisReplies.PING = new OperatorError('unreachable', 'Connection refused.')
  run.stack.containers = []
  run.backups = []
  run.machine.disks[0]!.freeBytes = 0
  const problems = (await run.findings()).filter(({status}) => status !== 'ok')
  expect(problems.map(({subject}) => subject)).toEqual(['api /health', 'database', 'redis', 'containers', 'backup', 'disk /'])
  expect(problems.filter(({hint}) => !hint)).toEqual([])
})

test('when Docker does not answer, services are unknown rather than down, and the API is still looked at', async () => {
  const run = new HealthRun()
  run.stack.containers = dockerDown
  run.stack.reading = dockerDown
  run.stack.redisReplies.PING = dockerDown
  const findings = await run.findings()
  expect(findings.slice(0, 4).map(({status, subject}) => `${status} ${subject}`)).toEqual([
    'ok api /health',
    'unknown database',
    'unknown redis',
    'unknown containers',
  ])
  expect(findings[3]!.hint).toBe('systemctl start docker')
})

test('a database and a Redis whose containers are stopped are down, in plain words', async () => {
  const run = new HealthRun()
  run.stack.containers = ['postgres', 'redis'].map((service) => ({...healthyContainer, service, state: 'exited', exitCode: 0}))
  run.stack.reading = new OperatorError('failed', 'Error response from daemon: Container 4f0c is not running.')
  run.stack.redisReplies.PING = new OperatorError('unreachable', 'Docker: Container 4f0c is not running.')
  const findings = await run.findings()
  expect(findings.filter(({subject}) => subject === 'database' || subject === 'redis')).toEqual([
    {subject: 'database', status: 'critical', message: 'its container is not running (exited)', hint: 'docker compose up -d postgres'},
    {subject: 'redis', status: 'critical', message: 'its container is not running (exited)', hint: 'docker compose up -d redis'},
  ])
})

test('when the runtime cannot be set up at all, one finding says so and the rest is still looked at', async () => {
  const run = new HealthRun()
  run.runtimeFailure = dockerDown
  const findings = await run.findings()
  expect(findings.find(({subject}) => subject === 'services')).toMatchObject({status: 'unknown', hint: 'systemctl start docker'})
  expect(findings.some(({subject}) => subject === 'database')).toBe(false)
  expect(findings.some(({subject, status}) => subject === 'api /health' && status === 'ok')).toBe(true)
})

test('a project that has no container is an outage', async () => {
  const run = new HealthRun()
  run.runtimeFailure = new OperatorError('notFound', 'The project shop has no containers.')
  expect(await run.about('services')).toMatchObject([{status: 'critical', hint: 'docker compose up -d'}])
})

test('a database that hangs costs its own limit only, and is critical', async () => {
  const run = new HealthRun()
  run.stack.reading = 'hangs'
  const findings = run.findings()
  await new Promise(setImmediate)
  run.clock.advance(5000)
  const database = (await findings).find(({subject}) => subject === 'database')
  expect(database).toMatchObject({status: 'critical', message: 'no answer within 5 s', hint: 'docker compose up -d postgres'})
})

test('Ctrl-C ends the run although a probe hangs', async () => {
  const run = new HealthRun()
  run.stack.reading = 'hangs'
  const findings = run.findings()
  await new Promise(setImmediate)
  run.abort.abort(new OperatorError('interrupted', 'Interrupted.'))
  await expect(findings).rejects.toMatchObject({kind: 'interrupted'})
})

test('a bug in one probe leaves the others alone and is never OK', async () => {
  const run = new HealthRun()
  run.machine.resources = () => Promise.reject(new TypeError('x is not a function'))
  const findings = await run.findings()
  expect(findings.find(({subject}) => subject === 'host')).toMatchObject({status: 'unknown', message: 'not measured: x is not a function'})
  expect(worst(findings)).toBe('unknown')
})
