import {describe, expect, test} from 'vitest'
import {type JobEnd, pingBody, pingUrl, redact, slackBody, webhookBody} from '../../../src/lib/domain/job-message.ts'

const end: JobEnd = {
  job: 'backup',
  run: '7c1d0f5e-0000-4000-8000-000000000000',
  project: 'shop',
  environment: 'production',
  actor: 'root@server',
  exitCode: 10,
  message: 'The database <shop> does not answer & more.',
}

const text = (exitCode: number) => (JSON.parse(slackBody({...end, exitCode})) as {text: string}).text

describe('a message to Slack', () => {
  test('says in one sentence what failed, where, with which code, why and in which run', () => {
    expect(text(10)).toBe(
      'sparkone backup of shop (production) failed with code 10: The database &lt;shop&gt; does not answer &amp; more. (root@server, run 7c1d0f5e-0000-4000-8000-000000000000)',
    )
  })

  test('says that it is over, and what is only a warning', () => {
    expect(text(0)).toMatch(/^sparkone backup of shop \(production\) is well again: /)
    expect(text(1)).toMatch(/^sparkone backup of shop \(production\) ended with a warning \(code 1\): /)
  })
})

test.each([
  [0, 'recovery'],
  [1, 'warning'],
  [5, 'failure'],
  [143, 'failure'],
])('a webhook is told of exit code %i as %s', (exitCode, event) => {
  expect(JSON.parse(webhookBody({...end, exitCode}, new Date('2026-11-22T02:00:00Z')))).toMatchObject({
    schema: 'sparkone/notification@1',
    event,
    exitCode,
    at: '2026-11-22T02:00:00.000Z',
  })
})

test.each([
  ['https://ping.example/uuid', 'start', 'https://ping.example/uuid/start?rid=r'],
  ['https://ping.example/uuid/', 'success', 'https://ping.example/uuid?rid=r'],
  ['https://ping.example/key/slug?create=1', 13, 'https://ping.example/key/slug/13?create=1&rid=r'],
  ['https://user:word@ping.example/uuid', 'fail', 'https://user:word@ping.example/uuid/fail?rid=r'],
] as const)('the ping of %s for %s goes to %s', (base, event, expected) => {
  expect(pingUrl(base, event, 'r')).toBe(expected)
})

describe('what is told', () => {
  test('holds no secret, also where one is part of another', () => {
    expect(redact('a hunter2 b hunter2-long c', ['hunter2', 'hunter2-long'])).toBe('a [redacted] b [redacted] c')
  })

  test('holds no password of a URL, known or not', () => {
    expect(redact('postgres://shop:p4ss@db:5432/shop', [])).toBe('postgres://shop:[redacted]@db:5432/shop')
  })

  test('is not blanked out by a secret of a letter or none', () => {
    expect(redact('all is well', ['', 'l'])).toBe('all is well')
  })

  test('is cut at its beginning, between characters', () => {
    const body = pingBody(`begin${'ü'.repeat(6000)}end`)
    expect(body).toMatch(/^ü+end$/)
    expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(10_000)
    expect(pingBody('short')).toBe('short')
  })
})
