import {expect, it, vi} from 'vitest'
import {createBreaker} from '../../../ops/api/breakers.ts'
import {configureLog} from '../../../ops/api/log.ts'

configureLog({level: 'fatal', format: 'json'})

const fail = async () => {
  throw new Error('away')
}

it('a breaker opens after so many failures in a row, and then leaves the integration alone', async () => {
  const breaker = createBreaker('notion', {failures: 5, resetSeconds: 300})
  for (let count = 0; count < 5; count++) await expect(breaker.run(fail)).rejects.toThrow('away')
  expect(breaker.state()).toMatchObject({integration: 'notion', state: 'open', retryAt: expect.any(String)})
  let asked = false
  const ask = async () => {
    asked = true
  }
  await expect(breaker.run(ask)).rejects.toThrow('left alone until')
  expect(asked).toBe(false)
})

it('a success in between starts the count again', async () => {
  const breaker = createBreaker('notion', {failures: 2, resetSeconds: 300})
  await expect(breaker.run(fail)).rejects.toThrow('away')
  await breaker.run(async () => undefined)
  await expect(breaker.run(fail)).rejects.toThrow('away')
  expect(breaker.state()).toEqual({integration: 'notion', state: 'closed', retryAt: null})
})

it('after its time one call goes through: a success closes it, a failure opens it again', async () => {
  vi.useFakeTimers()
  try {
    const breaker = createBreaker('notion', {failures: 1, resetSeconds: 300})
    await expect(breaker.run(fail)).rejects.toThrow('away')
    vi.advanceTimersByTime(300_000)
    await expect(breaker.run(fail)).rejects.toThrow('away')
    expect(breaker.state().state).toBe('open')
    vi.advanceTimersByTime(300_000)
    let during = ''
    await breaker.run(async () => (during = breaker.state().state))
    expect(during).toBe('half-open')
    expect(breaker.state().state).toBe('closed')
  } finally {
    vi.useRealTimers()
  }
})
