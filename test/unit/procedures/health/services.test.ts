import {expect, test} from 'vitest'
import type {ServiceState} from '../../../../src/lib/ports.ts'
import {healthyContainer} from '../../../support/fakes/watched-stack.ts'
import {HealthRun} from '../../../support/health-run.ts'

async function judged(state: Partial<ServiceState>) {
  const run = new HealthRun()
  run.stack.containers = [{...healthyContainer, service: 'worker', ...state}]
  return (await run.about('container'))[0]!
}

test('a container whose health check passes is OK with what it uses', async () => {
  expect(await judged({})).toMatchObject({
    status: 'ok',
    subject: 'container worker',
    message: 'running, healthy, CPU 2 %, memory 120 MiB of 512 MiB (23 %)',
  })
})

test('a container is as healthy as it is when there was no time to measure it, and says that it was not', async () => {
  const run = new HealthRun()
  run.stack.containers = [{...healthyContainer, cpuPercent: null, memoryBytes: null}]
  expect((await run.about('container'))[0]).toMatchObject({status: 'ok', message: 'running, healthy, CPU and memory not measured'})
  expect(run.stack.useMilliseconds).toBeLessThan(run.input.timeoutMilliseconds)
})

test('a container without a health check is a warning: running is no evidence of health', async () => {
  expect(await judged({health: 'none'})).toMatchObject({
    status: 'warning',
    message: expect.stringContaining('no evidence of health: no health check is defined'),
    hint: expect.stringContaining('docker compose up -d worker'),
  })
})

test('an unhealthy container is critical and quotes its health check', async () => {
  expect(await judged({health: 'unhealthy', healthOutput: 'curl: (7)\n  refused\n'})).toMatchObject({
    status: 'critical',
    message: expect.stringContaining('unhealthy: curl: (7) refused'),
    hint: 'docker compose logs --tail=50 worker',
  })
})

test.each([
  [{health: 'starting'}, 'warning', 'running, its health check has not passed yet'],
  [{state: 'missing', health: 'none'}, 'critical', 'there is no container'],
  [{state: 'exited', health: 'none', exitCode: 137}, 'critical', 'exited with code 137'],
  [{state: 'restarting', restarts: 9, exitCode: 1}, 'critical', 'restarts again and again (9 times, last exit code 1)'],
  [{state: 'paused'}, 'critical', 'paused'],
  [{state: 'dead'}, 'critical', 'dead'],
  [{state: 'created'}, 'critical', 'created but never started'],
] as const)('a container that is %j is %s', async (state, status, message) => {
  const finding = await judged(state)
  expect(finding.status).toBe(status)
  expect(finding.message).toContain(message)
  expect(finding.hint).toContain('worker')
})

test('a container that runs once is OK after it ended with 0', async () => {
  expect(await judged({state: 'exited', health: 'none', exitCode: 0, restartPolicy: 'no'})).toMatchObject({
    status: 'ok',
    message: 'ran once and ended with code 0',
  })
})

test.each([
  ['restarts on its own', {restartPolicy: 'unless-stopped'}],
  ['has a health check', {health: 'unhealthy'}],
  ['is the API', {service: 'api'}],
  ['has a restart policy that is not known', {restartPolicy: undefined}],
] as const)('a container that %s was stopped, even if it ended with 0', async (_, state) => {
  expect(
    await judged({state: 'exited', health: 'none', exitCode: 0, restartPolicy: 'no', ...(state as Partial<ServiceState>)}),
  ).toMatchObject({
    status: 'critical',
    message: 'exited with code 0',
    hint: expect.stringContaining('docker compose up -d'),
  })
})

test('a container near its memory limit is told before it is killed', async () => {
  expect(await judged({memoryBytes: 95, memoryLimitBytes: 100})).toMatchObject({
    status: 'critical',
    message: expect.stringContaining('memory runs out'),
  })
})

test('replicas are told apart by the names of their containers', async () => {
  const run = new HealthRun()
  run.stack.containers = [healthyContainer, {...healthyContainer, name: 'shop-api-2'}]
  expect((await run.about('container')).map(({subject}) => subject)).toEqual(['container shop-api-1', 'container shop-api-2'])
})

test('a Compose project without any container is an outage, elsewhere there is nothing to say', async () => {
  const run = new HealthRun()
  run.stack.containers = []
  expect(await run.about('containers')).toMatchObject([{status: 'critical'}])
  run.stack.kind = 'host'
  expect(await run.about('containers')).toEqual([])
})
