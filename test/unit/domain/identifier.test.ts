import {describe, expect, test} from 'vitest'
import {derivedName, quoteIdentifier, quoteLiteral} from '../../../src/lib/domain/identifier.ts'

test.each([
  ['shop', '"shop"'],
  ['My Shop', '"My Shop"'],
  ['say "hi"', '"say ""hi"""'],
  ['"; DROP DATABASE shop; --', '"""; DROP DATABASE shop; --"'],
  ['größe', '"größe"'],
])('the identifier %s is quoted as %s', (name, quoted) => {
  expect(quoteIdentifier(name)).toBe(quoted)
})

test.each([
  ['shop', "'shop'"],
  ["it's", "'it''s'"],
  ["'; DROP TABLE t; --", "'''; DROP TABLE t; --'"],
  ['C:\\shop', String.raw` E'C:\\shop'`],
  ["\\'", String.raw` E'\\'''`],
])('the string %s is quoted as %s', (text, quoted) => {
  expect(quoteLiteral(text)).toBe(quoted)
})

describe('a name made out of another', () => {
  const bytes = (text: string) => new TextEncoder().encode(text).length

  test('keeps a short one whole', () => {
    expect(derivedName('shop', '_before_x')).toBe('shop_before_x')
  })

  test.each(['x'.repeat(63), 'ä'.repeat(40), '猫'.repeat(30), '🐘'.repeat(20), `x${'🐘'.repeat(20)}`])('fits into 63 bytes: %s', (base) => {
    const name = derivedName(base, '_restoring_3f9a1c')
    expect(bytes(name)).toBeLessThanOrEqual(63)
    expect(bytes(name)).toBeGreaterThan(63 - 4)
    expect(name).toMatch(/_restoring_3f9a1c$/)
    expect(base.startsWith(name.replace('_restoring_3f9a1c', ''))).toBe(true)
    expect(name).not.toContain('\ufffd')
    expect(name.isWellFormed()).toBe(true)
  })
})
