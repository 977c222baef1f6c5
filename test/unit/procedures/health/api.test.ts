import {expect, test} from 'vitest'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {HealthRun} from '../../../support/health-run.ts'

const url = 'http://localhost:8000/health'

test('an endpoint that answers 200 is OK with the time it took', async () => {
  const [finding] = await new HealthRun().about('api')
  expect(finding).toMatchObject({status: 'ok', message: '200 in 4 ms', measurements: [{label: 'time', value: 0.004, unit: 's'}]})
})

test('an endpoint needs no JSON to be well', async () => {
  const run = new HealthRun()
  run.http.answer(url, {body: 'OK'})
  expect((await run.about('api'))[0]!.status).toBe('ok')
})

test.each([
  [200, 'ok'],
  [204, 'ok'],
  [301, 'unknown'],
  [401, 'unknown'],
  [403, 'unknown'],
  [404, 'critical'],
  [429, 'warning'],
  [500, 'critical'],
  [503, 'critical'],
] as const)('an answer of %d is %s', async (status, expected) => {
  const run = new HealthRun()
  run.http.answer(url, {status, headers: {location: 'https://elsewhere.example/'}})
  expect((await run.about('api'))[0]!.status).toBe(expected)
})

test('a degraded API is a warning that names what is not well', async () => {
  const run = new HealthRun()
  run.http.answer(url, {body: '{"status":"degraded","components":{"database":{"status":"up"},"redis":{"status":"down"}}}'})
  expect(await run.about('api')).toMatchObject([
    {status: 'warning', message: '200 in 4 ms, degraded, redis down', hint: 'docker compose logs --tail=50 api'},
  ])
})

test('a part that is down is a warning even where the API calls itself well', async () => {
  const run = new HealthRun()
  run.http.answer(url, {body: '{"status":"ok","checks":[{"name":"queue","status":"fail"}]}'})
  expect(await run.about('api')).toMatchObject([{status: 'warning', message: '200 in 4 ms, queue fail'}])
})

test('an API that says it is unhealthy is critical, whatever its status code', async () => {
  const run = new HealthRun()
  run.http.answer(url, {body: '{"status":"unhealthy"}'})
  expect((await run.about('api'))[0]!.status).toBe('critical')
})

test('a word that is not known is no evidence of health', async () => {
  const run = new HealthRun()
  run.http.answer(url, {body: '{"status":"warming up"}'})
  expect(await run.about('api')).toMatchObject([{status: 'warning', message: '200 in 4 ms, warming up'}])
})

test('a part that is switched off is mentioned and is no fault', async () => {
  const run = new HealthRun()
  run.http.answer(url, {body: '{"status":"ok","components":{"redis":"not_configured","database":"ok"}}'})
  expect(await run.about('api')).toMatchObject([{status: 'ok', message: '200 in 4 ms, redis not configured'}])
})

test('an API that does not listen, or does not answer in time, is critical', async () => {
  const run = new HealthRun()
  run.input.api = {url: 'http://localhost:9/', endpoints: ['/health']}
  expect(await run.about('api')).toMatchObject([
    {status: 'critical', message: 'http://localhost:9/health: Connection refused, nothing listens there', hint: 'docker compose up -d api'},
  ])
  run.http.answer('http://localhost:9/health', new OperatorError('timeout', 'No answer within 5 s.'))
  expect((await run.about('api'))[0]!.status).toBe('critical')
})

test('user, password and query of the URL are never shown', async () => {
  const run = new HealthRun()
  run.input.services.api = null
  run.input.api = {url: 'http://root:hunter2@localhost:9', endpoints: ['/health?token=s3cret']}
  expect(JSON.stringify(await run.findings())).not.toMatch(/hunter2|root|s3cret/)
})

test('the reason that the API gives is shown', async () => {
  const run = new HealthRun()
  run.http.answer(url, {status: 503, body: '{"status":"down","message":"relation \\"orders\\" does not exist"}'})
  expect(await run.about('api')).toMatchObject([{status: 'critical', message: '503 in 4 ms, down: relation "orders" does not exist'}])
})

test('an endpoint for something that is switched off is left out rather than called well', async () => {
  const run = new HealthRun()
  run.input.api = {url: 'http://localhost:8000', endpoints: ['/health', '/health/redis']}
  run.http.answer('http://localhost:8000/health/redis', {body: '{"status":"disabled","message":"not configured"}'})
  expect((await run.about('api')).map(({subject}) => subject)).toEqual(['api /health'])
})
