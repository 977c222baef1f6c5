import {beforeEach, describe, expect, test} from 'vitest'
import type {Bytes} from '../../../src/lib/ports.ts'
import {metered} from '../../../src/lib/procedures/metered.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {collect} from '../../support/fakes/store.ts'

const mebibyte = 1024 ** 2

let clock: FakeClock
let told: string[]

beforeEach(() => {
  clock = new FakeClock()
  told = []
})

/** So many chunks of a size, one each so many milliseconds. */
async function* chunks(amount: number, bytes: number, milliseconds: number): Bytes {
  for (let index = 0; index < amount; index++) {
    clock.advance(milliseconds)
    yield new Uint8Array(bytes).fill(index)
  }
}

const meter = (source: Bytes, total: number | null = null) =>
  collect(metered(source, {clock, report: (detail) => told.push(detail), total}))

describe('what is told of bytes that go by', () => {
  test('is how many, how fast and how long the rest will take', async () => {
    await meter(chunks(2, 5 * mebibyte, 1000), 40 * mebibyte)
    expect(told).toEqual(['5 MiB of about 40 MiB, 5 MiB/s, 7 s left', '10 MiB of about 40 MiB, 5 MiB/s, 6 s left'])
  })

  test('is no promise where the end is not known, or was foretold too early', async () => {
    await meter(chunks(1, 5 * mebibyte, 1000))
    await meter(chunks(1, 5 * mebibyte, 1000), 4 * mebibyte)
    expect(told).toEqual(['5 MiB, 5 MiB/s', '5 MiB, 5 MiB/s'])
  })

  test('comes at most five times a second, and the bytes go by unchanged', async () => {
    const bytes = await meter(chunks(100, 1, 20))
    expect([...bytes]).toEqual(Array.from({length: 100}, (_, index) => index))
    expect(told).toHaveLength(10)
  })
})
