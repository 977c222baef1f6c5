import {expect, test} from 'vitest'
import {indexMemoryOf, sharedMemoryOf} from '../../../src/lib/domain/index-memory.ts'

const mebibyte = 1024 ** 2
const gibibyte = 1024 ** 3

test('a proof without a limit has 1 GiB of shared memory, and with one at most half of it', () => {
  expect(sharedMemoryOf(null)).toBe(gibibyte)
  expect(sharedMemoryOf(16 * gibibyte)).toBe(gibibyte)
  expect(sharedMemoryOf(gibibyte)).toBe(512 * mebibyte)
  expect(sharedMemoryOf(256 * mebibyte)).toBe(128 * mebibyte)
})

test.each([
  ['a large machine: what shared memory allows', 64 * gibibyte, gibibyte, 1, 768],
  ['a large machine with much shared memory: never more than 1 GiB', 64 * gibibyte, 32 * gibibyte, 1, 1024],
  ['several processes at once share it', 64 * gibibyte, gibibyte, 4, 192],
  ['a machine of 2 GiB: a quarter of it', 2 * gibibyte, gibibyte, 1, 512],
  ['a container of 512 MiB', 512 * mebibyte, 256 * mebibyte, 1, 128],
  ['little of everything: what PostgreSQL takes anyway', 256 * mebibyte, 128 * mebibyte, 8, 64],
  ['what cannot be measured is not counted on', 0, 0, 1, 64],
])('indexes of a proof are built in a share of the memory: %s', (_name, memoryBytes, sharedBytes, jobs, expected) => {
  expect(indexMemoryOf({memoryBytes, sharedBytes}, jobs) / mebibyte).toBe(expected)
})

test('what all processes take together fits into the shared memory, as far as eight are given 512 MiB each', () => {
  for (const limit of [512, 1024, 2048, 8192])
    for (let jobs = 1; jobs <= Math.min(8, limit / 512); jobs += 1) {
      const memoryBytes = limit * mebibyte
      const sharedBytes = sharedMemoryOf(memoryBytes)
      expect(indexMemoryOf({memoryBytes, sharedBytes}, jobs) * jobs).toBeLessThan(sharedBytes)
    }
})
