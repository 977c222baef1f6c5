import {expect, test} from 'vitest'
import {
  firstPartBytes,
  firstPartFrom,
  maximumObjectBytes,
  maximumParts,
  partBytes,
  partsInFlight,
} from '../../../src/lib/domain/part-sizes.ts'

const mebibyte = 1024 ** 2

function capacity(first: number): number {
  let sum = 0
  for (let number = 1; number <= maximumParts; number += 1) sum += partBytes(number, first)
  return sum
}

test.each([null, 0, 100 * mebibyte, 20_000 * mebibyte, 1_000_000 * mebibyte, maximumObjectBytes])(
  'an object of the largest size fits into 10,000 parts when %s bytes were foretold',
  (expected) => {
    expect(capacity(firstPartBytes(expected))).toBeGreaterThanOrEqual(maximumObjectBytes)
  },
)

test('parts are equal up to twice what was foretold, since some stores want them equal', () => {
  for (const expected of [50 * mebibyte, 100_000 * mebibyte]) {
    const first = firstPartBytes(expected)
    const parts = Math.ceil(expected / first)
    expect(parts).toBeLessThanOrEqual(5000)
    expect(partBytes(parts, first)).toBe(first)
  }
})

test('no part is beyond what S3 takes, or below it', () => {
  for (const expected of [null, maximumObjectBytes]) {
    const first = firstPartBytes(expected)
    expect(first).toBeGreaterThanOrEqual(5 * mebibyte)
    expect(partBytes(maximumParts, first)).toBeLessThanOrEqual(5 * 1024 ** 3)
  }
})

test('any part but the last tells how large the first was', () => {
  for (const number of [1, 4999, 5001, 7400]) expect(firstPartFrom(number, partBytes(number, 8 * mebibyte))).toBe(8 * mebibyte)
})

test('a part size that was chosen is taken, unless the object would not fit', () => {
  expect(firstPartBytes(null, 16 * mebibyte)).toBe(16 * mebibyte)
  expect(firstPartBytes(1_000_000 * mebibyte, 5 * mebibyte)).toBe(200 * mebibyte)
})

test('large parts go out fewer at a time, so that memory stays small', () => {
  expect(partsInFlight(8 * mebibyte, 4)).toBe(4)
  expect(partsInFlight(32 * mebibyte, 4)).toBe(2)
  expect(partsInFlight(500 * mebibyte, 4)).toBe(1)
})
