import {expect, test} from 'vitest'
import {judgeProxyLog} from '../../../src/lib/domain/certificate-log.ts'

const now = new Date('2026-11-22T10:00:00Z')

const judge = (...lines: string[]) => judgeProxyLog('traefik', lines, now)

const failed = (time: string, error = 'acme: error: 403 :: unauthorized') =>
  JSON.stringify({level: 'error', providerName: 'letsencrypt.acme', error, time, message: 'Unable to obtain ACME certificate for domains'})

test('a log without a word on certificates is in order', () => {
  expect(judge()).toMatchObject({subject: 'traefik log', status: 'ok'})
  expect(judge('{"level":"error","time":"2026-11-22T09:00:00Z","message":"middleware not found"}').status).toBe('ok')
  expect(judge('{"level":"info","time":"2026-11-22T09:00:00Z","message":"Testing certificate renew..."}').status).toBe('ok')
})

test('errors of the last day are counted, and the newest is told', () => {
  const finding = judge(failed('2026-11-20T09:00:00Z'), failed('2026-11-22T08:00:00Z'), failed('2026-11-22T09:00:00Z', 'no such host'))
  expect(finding).toMatchObject({
    status: 'warning',
    message:
      '2 errors about certificates in the last 24 h, at last: Unable to obtain ACME certificate for domains: no such host: letsencrypt.acme',
    hint: 'docker compose logs --since 24h traefik',
  })
})

test('a limit of the authority is to be waited for', () => {
  expect(judge(failed('2026-11-22T09:00:00Z', 'urn:ietf:params:acme:error:rateLimited')).hint).toContain('wait')
})

test.each([
  '2026-11-22T09:00:00Z ERR github.com/traefik/traefik/v3/pkg/provider/acme > Error renewing certificate from LE',
  'time="2026-11-22T09:00:00Z" level=error msg="Unable to obtain ACME certificate for domains"',
  '2026/11/22 09:00:00 [error] 7#7: cannot load certificate "/run/secrets/tls_certificate"',
])('plain lines of Traefik and nginx are understood: %s', (line) => {
  expect(judge(line).status).toBe('warning')
})

test('what visitors ask for is no error about certificates', () => {
  const access = {level: 'error', RequestPath: '/certificate', DownstreamStatus: 500, time: '2026-11-22T09:00:00Z', msg: ''}
  expect(judge(JSON.stringify(access)).status).toBe('ok')
})

test('a line cannot paint the terminal, and a long one is cut', () => {
  const {message} = judge(failed('2026-11-22T09:00:00Z', `\u001B[2J${'x'.repeat(1000)}`))
  expect(message).not.toContain('\u001B')
  expect(message.length).toBeLessThan(400)
})
