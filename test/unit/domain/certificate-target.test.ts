import {describe, expect, test} from 'vitest'
import {distinctTargets, isTarget, parseTarget, targetLabel} from '../../../src/lib/domain/certificate-target.ts'

test.each([
  ['shop.example', 'https', 'shop.example', 443, 'shop.example'],
  ['Shop.Example.', 'https', 'shop.example', 443, 'shop.example'],
  ['shop.example:8443', 'https', 'shop.example', 8443, 'shop.example:8443'],
  ['https://shop.example/health?a=b', 'https', 'shop.example', 443, 'shop.example'],
  ['https://192.0.2.1:444', 'https', '192.0.2.1', 444, '192.0.2.1:444'],
  ['[2001:DB8::1]:8443', 'https', '2001:db8::1', 8443, '[2001:db8::1]:8443'],
  ['postgresql://db.example/shop', 'postgresql', 'db.example', 5432, 'postgresql://db.example'],
  ['postgres://db.example:6432', 'postgresql', 'db.example', 6432, 'postgresql://db.example:6432'],
  ['rediss://cache.example', 'rediss', 'cache.example', 6379, 'rediss://cache.example'],
])('%s is a place', (text, protocol, host, port, label) => {
  const target = parseTarget(text)
  expect(target).toEqual({protocol, host, port, ca: null})
  expect(targetLabel(target)).toBe(label)
})

test('user and password of a URL go nowhere', () => {
  expect(JSON.stringify(parseTarget('postgresql://shop:hunter2@db.example/shop'))).not.toMatch(/hunter2|shop/)
})

describe('what is no place', () => {
  test.each([
    '',
    'https://',
    'http://shop.example',
    'redis://cache.example',
    'shop.example:0',
    'shop.example:70000',
    '*.shop.example',
    'a b',
  ])('%j is refused', (text) => {
    expect(isTarget(text)).toBe(false)
    expect(() => parseTarget(text)).toThrow(expect.objectContaining({kind: 'usage'}))
  })

  test('the refusal repeats no password', () => {
    expect(() => parseTarget('rediss://:hunter2@cache.example:0')).toThrow(
      expect.not.objectContaining({message: expect.stringContaining('hunter2')}),
    )
  })
})

test('a place that is named twice is looked at once, with what is known of its authority first', () => {
  const targets = [parseTarget('shop.example', '/etc/ca.pem'), parseTarget('https://shop.example/x'), parseTarget('shop.example:8443')]
  expect(distinctTargets(targets)).toEqual([targets[0], targets[2]])
})
