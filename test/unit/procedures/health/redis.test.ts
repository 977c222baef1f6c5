import {expect, test} from 'vitest'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {HealthRun} from '../../../support/health-run.ts'

test('a Redis that answers is OK with the memory it uses', async () => {
  expect(await new HealthRun().about('redis')).toMatchObject([{status: 'ok', message: 'answers in 0 ms, 1 MiB in use'}])
})

test('a Redis near its own memory limit is a warning', async () => {
  const run = new HealthRun()
  run.stack.redisReplies.INFO = 'used_memory:96\r\nmaxmemory:100\r\n'
  expect(await run.about('redis')).toMatchObject([{status: 'warning', message: 'answers in 0 ms, 96 B of 100 B (96 %) in use'}])
})

test('a Redis that hides its memory still proves itself by its PONG', async () => {
  const run = new HealthRun()
  run.stack.redisReplies.INFO = new OperatorError('denied', 'NOPERM')
  expect(await run.about('redis')).toMatchObject([{status: 'ok', message: 'answers in 0 ms'}])
})

test('a Redis that answers with something else is critical', async () => {
  const run = new HealthRun()
  run.stack.redisReplies.PING = 'LOADING Redis is loading the dataset in memory'
  expect(await run.about('redis')).toMatchObject([{status: 'critical', hint: 'docker compose logs --tail=50 redis'}])
})

test.each([
  ['unreachable', 'critical'],
  ['timeout', 'critical'],
  ['denied', 'unknown'],
] as const)('a PING that ends with %s is %s', async (kind, status) => {
  const run = new HealthRun()
  run.stack.redisReplies.PING = new OperatorError(kind, 'It did not work.')
  expect(await run.about('redis')).toMatchObject([{status}])
})

test('a project without Redis has no finding about it, unless one was expected', async () => {
  const run = new HealthRun()
  run.stack.redisMissing = true
  run.input.redisExpected = false
  expect(await run.about('redis')).toEqual([])
  run.input.redisExpected = true
  run.input.services.redis = null
  expect(await run.about('redis')).toMatchObject([
    {status: 'unknown', message: 'not configured: No Redis is configured', hint: 'sparkone config'},
  ])
})

test('a Redis service of the Compose project that has no container is down', async () => {
  const run = new HealthRun()
  run.stack.redisMissing = true
  expect(await run.about('redis')).toMatchObject([{status: 'critical', hint: 'docker compose up -d redis'}])
})
