import {describe, expect, test} from 'vitest'
import {escapeControls, isMeant, readLogLine, type LogFilter} from '../../../src/lib/domain/log-line.ts'

const read = (text: string, at: number | null = null) => readLogLine({service: 'api', at, text})

describe('a line in columns', () => {
  test('of pino: its own time, the name of its level, and what else it holds', () => {
    expect(read('{"level":50,"time":1795341600123,"pid":7,"hostname":"a","msg":"failed","reqId":"x","err":{"type":"E"}}', 5)).toEqual({
      service: 'api',
      at: 1_795_341_600_123,
      level: 'error',
      message: 'failed',
      extra: {reqId: 'x', err: {type: 'E'}},
      structured: true,
    })
  })

  test.each<[string, number]>([
    ['{"ts":1795341600.5,"msg":"x"}', 1_795_341_600_500],
    ['{"timestamp":"2026-11-22T10:00:00Z","message":"x"}', 1_795_341_600_000],
    ['2026-11-22 10:00:00.250 UTC [12] LOG:  checkpoint starting', 1_795_341_600_250],
    ['2026-11-22T12:00:00+02:00 started', 1_795_341_600_000],
    ['2026/11/22 10:00:00 [error] 1#1: upstream timed out', 1_795_341_600_000],
    ['::1 - - [22/Nov/2026:11:00:00 +0100] "GET / HTTP/1.1" 200 5', 1_795_341_600_000],
    ['1:M 22 Nov 2026 10:00:00.250 * Ready', 1_795_341_600_250],
  ])('has the time that it tells itself: %s', (text, time) => expect(read(text).at).toBe(time))

  test('that only begins like JSON is shown as it is, with the time of Docker', () => {
    expect(read('{not json', 9)).toMatchObject({message: '{not json', at: 9, structured: false})
    expect(read('[1,2]')).toMatchObject({message: '[1,2]', at: null})
  })
})

describe('a filter', () => {
  const chosen = (filter: LogFilter, texts: readonly string[]) => texts.filter((text) => isMeant(read(text), filter, 1000))

  test('for errors takes levels, statuses and words, and goes by the level where there is one', () => {
    const errors = [
      '{"level":50,"msg":"x"}',
      '{"level":"fatal","msg":"x"}',
      '2026-11-22 10:00:00 UTC [1] FATAL:  no',
      '2026/11/22 10:00:00 [crit] 1#1: no',
      'Traceback (most recent call last):',
      '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 502 12',
    ]
    const others = ['{"level":30,"msg":"no error"}', '2026-11-22 10:00:00 UTC [1] LOG:  error rate 0', 'terror', '"GET / HTTP/1.1" 200 502']
    expect(chosen('errors', [...errors, ...others])).toEqual(errors)
  })

  test('for security takes limits of rate, refusals and failed logins', () => {
    const security = [
      'rate limit exceeded for 1.2.3.4',
      '2026/11/22 10:00:00 [error] 1#1: *1 limiting requests, excess: 20.5',
      '401 Unauthorized',
      'FATAL:  password authentication failed for user "shop"',
      'Failed login of alice',
      'invalid token',
      '{"level":30,"msg":"request completed","res":{"statusCode":429}}',
      '1.2.3.4 - - [22/Nov/2026:10:00:00 +0000] "POST /v1/sessions HTTP/1.1" 403 12',
      'NOAUTH Authentication required.',
    ]
    const others = ['login of alice', '{"level":30,"msg":"request completed","res":{"statusCode":200}}', 'generated report']
    expect(chosen('security', [...security, ...others])).toEqual(security)
  })

  test('for slowness takes words, and durations from the limit on, whatever their unit', () => {
    const slow = [
      'slow query',
      'upstream timed out (110: Connection timed out)',
      '{"level":30,"msg":"done","responseTime":1000}',
      '{"level":30,"msg":"done","duration_s":1.5}',
      '{"level":30,"msg":"done","latency":"2.5s"}',
      '{"level":30,"msg":"done","req":{"durationMs":1001}}',
      'LOG:  duration: 1200.312 ms  statement: SELECT 1',
    ]
    const others = ['{"level":30,"msg":"done","responseTime":999}', 'LOG:  duration: 12.3 ms', '{"level":30,"msg":"done","duration_s":0.9}']
    expect(chosen('slow', [...slow, ...others])).toEqual(slow)
  })
})

test('nothing in a line can drive the terminal or turn its text around', () => {
  expect(escapeControls('\u001b[31mred\u001b[0m')).toBe('red')
  expect(escapeControls('\u001b]0;title\u0007\u001b[2J\r\b\u009b1m\ta\u202eb\0')).toBe(
    String.raw`\x1b]0;title\x07\x1b[2J\x0d\x08\x9b1m` + '\ta' + String.raw`\u{202e}b\x00`,
  )
  expect(escapeControls('naïve 日本語 🙂')).toBe('naïve 日本語 🙂')
})
