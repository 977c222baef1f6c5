import {expect, test} from 'vitest'
import {
  count,
  formatBytes,
  formatDuration,
  formatPercent,
  parseBytes,
  parseDuration,
  parsePercent,
} from '../../../src/lib/domain/quantity.ts'

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1000, '1 KiB'],
  [1536, '1.5 KiB'],
  [512 * 1024 ** 2, '512 MiB'],
  [1000 * 1024 ** 2, '1 GiB'],
  [1.44 * 1024 ** 3, '1.4 GiB'],
  [2048 * 1024 ** 5, '2048 PiB'],
])('%d bytes read as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text)
})

test.each([
  ['512 MiB', 512 * 1024 ** 2],
  ['512M', 512 * 1024 ** 2],
  ['1.5gb', 1.5 * 1024 ** 3],
  ['4096', 4096],
  ['10 B', 10],
])('the size %s is understood', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes)
})

test.each(['', 'MiB', '-1 KiB', '1 XiB', '1 2'])('"%s" is no size', (text) => {
  expect(parseBytes(text)).toBeNull()
})

test.each([
  [0, '0 ms'],
  [4.4, '4 ms'],
  [1300, '1.3 s'],
  [59_999, '1m'],
  [80_000, '1m 20s'],
  [26 * 3_600_000, '26h'],
  [26 * 3_600_000 + 5 * 60_000, '26h 5m'],
  [76 * 3_600_000, '3d 4h'],
  [-80_000, '-1m 20s'],
])('%d milliseconds read as %s', (milliseconds, text) => {
  expect(formatDuration(milliseconds)).toBe(text)
})

test.each([
  ['26h', 93_600_000],
  ['1m 20s', 80_000],
  ['1d12h', 129_600_000],
  ['500ms', 500],
  ['0s', 0],
  ['7 d', 604_800_000],
  ['1.5h', 5_400_000],
])('the duration %s is understood', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

test.each(['', '5', 'h', '5 minutes ago', '-5s', '1h x'])('"%s" is no duration', (text) => {
  expect(parseDuration(text)).toBeNull()
})

test('percentages keep a decimal only where it says something', () => {
  expect([0, 0.42, 43.2, 99.96].map((percent) => formatPercent(percent))).toEqual(['0 %', '0.4 %', '43 %', '100 %'])
  expect(['80%', '80 %', '80', '8o'].map((text) => parsePercent(text))).toEqual([80, 80, 80, null])
})

test('one is counted in the singular', () => {
  expect([count(1, 'table'), count(3, 'table'), count(2, 'copy', 'copies')]).toEqual(['1 table', '3 tables', '2 copies'])
})
