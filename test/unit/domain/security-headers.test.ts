import {expect, test} from 'vitest'
import {judgeHeaders} from '../../../src/lib/domain/security-headers.ts'

const good = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
}

test('a site with all three headers is in order', () => {
  expect(judgeHeaders('shop.example', good)).toMatchObject({subject: 'shop.example headers', status: 'ok'})
})

test.each([
  ['x-frame-options', undefined, 'X-Frame-Options is missing'],
  ['x-frame-options', 'ALLOW-FROM https://a.example', 'X-Frame-Options is ALLOW-FROM'],
  ['x-content-type-options', undefined, 'X-Content-Type-Options is missing'],
  ['x-content-type-options', 'sniff', 'X-Content-Type-Options is not nosniff'],
  ['strict-transport-security', undefined, 'Strict-Transport-Security is missing'],
  ['strict-transport-security', 'includeSubDomains', 'Strict-Transport-Security has no max-age'],
  ['strict-transport-security', 'max-age=0', 'Strict-Transport-Security is switched off'],
  ['strict-transport-security', 'max-age=86400', 'Strict-Transport-Security holds for 24h only'],
])('%s as %s is a warning', (name, value, message) => {
  const {[name as keyof typeof good]: _removed, ...rest} = good
  const headers = value === undefined ? rest : {...rest, [name]: value}
  expect(judgeHeaders('shop.example', headers)).toMatchObject({status: 'warning', message: expect.stringContaining(message)})
})

test('frame-ancestors of a content security policy stands for X-Frame-Options', () => {
  const {'x-frame-options': _removed, ...rest} = good
  expect(judgeHeaders('s', {...rest, 'content-security-policy': "default-src 'self'; frame-ancestors 'none'"}).status).toBe('ok')
})

test('everything that is missing is told at once', () => {
  expect(judgeHeaders('s', {}).message.split('; ')).toHaveLength(3)
})
