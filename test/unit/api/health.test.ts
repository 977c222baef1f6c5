import {expect, it} from 'vitest'
import {PublicFailure} from '../../../ops/api/failure.ts'
import {examine, summarize, type ComponentHealth} from '../../../ops/api/health.ts'
import {idleHost} from '../../support/api-app.ts'

const host = await idleHost()

const ok: ComponentHealth = {status: 'ok', milliseconds: 1}
const down: ComponentHealth = {status: 'down', milliseconds: 1, message: 'connection refused'}
const disabled: ComponentHealth = {status: 'disabled', milliseconds: 0}

it('a probe that succeeds is ok and says how long it took', async () => {
  expect(await examine(async () => undefined)).toEqual({status: 'ok', milliseconds: expect.any(Number)})
})

it('a probe that fails is down and says why', async () => {
  const probe = async () => {
    throw new PublicFailure('table messages is missing')
  }
  expect(await examine(probe)).toMatchObject({status: 'down', message: 'table messages is missing'})
})

it('a probe that never answers is down when its time is up', async () => {
  expect(await examine(() => new Promise(() => undefined), 5)).toMatchObject({status: 'down', message: 'no answer within 5 ms'})
})

it('a component that is not configured is disabled, not ok', async () => {
  expect(await examine(null)).toMatchObject({status: 'disabled', message: expect.stringContaining('works without it')})
})

it('the API is down without its database, degraded without Redis, and ok without a Redis that nobody configured', () => {
  expect(summarize({database: ok, redis: ok}, [], host).status).toBe('ok')
  expect(summarize({database: ok, redis: disabled}, [], host).status).toBe('ok')
  expect(summarize({database: ok, redis: down}, [], host).status).toBe('degraded')
  expect(summarize({database: down, redis: ok}, [], host).status).toBe('down')
})
