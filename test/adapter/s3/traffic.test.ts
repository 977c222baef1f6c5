import {expect, test} from 'vitest'
import {Traffic} from '../../../src/lib/adapters/s3/traffic.ts'

const bytes = 6 * 1024 ** 2

/** As many uploads as asked for, each of which sends parts that end only when they are told to; returns the most buffers that they held at once. */
async function buffersHeld(uploads: number, {concurrency, parts = 12}: {concurrency: number; parts?: number}): Promise<number> {
  const traffic = new Traffic(concurrency)
  const ends: (() => void)[] = []
  let [held, most] = [0, 0]
  const upload = () =>
    traffic.during(async () => {
      for (let part = 0; part < parts; part += 1) {
        held += 1
        most = Math.max(most, held)
        // What fills a part takes a turn of its own.
        await Promise.resolve()
        const sending = new Promise<void>((resolve) => ends.push(resolve)).then(() => void (held -= 1))
        await traffic.add(sending, bytes)
      }
    })
  const all = Promise.all(Array.from({length: uploads}, upload))
  // One part after another arrives, each when nothing else is left to do.
  for (let arrived = 0; arrived < uploads * parts; arrived += 1) {
    await new Promise((resolve) => setImmediate(resolve))
    ends.shift()!()
  }
  await all
  return most
}

test.each([
  {uploads: 1, concurrency: 3, buffers: 3},
  {uploads: 1, concurrency: 1, buffers: 1},
  {uploads: 2, concurrency: 3, buffers: 3},
  {uploads: 4, concurrency: 3, buffers: 5},
  {uploads: 4, concurrency: 8, buffers: 8},
])('$uploads files of one copy, $concurrency parts at a time, hold $buffers parts in memory', async ({uploads, concurrency, buffers}) => {
  expect(await buffersHeld(uploads, {concurrency})).toBe(buffers)
})

test('when the other files of a copy are done, the last one has the whole way to itself', async () => {
  const traffic = new Traffic(4)
  const never = () => new Promise<void>(() => undefined)
  await Promise.all([traffic.during(async () => undefined), traffic.during(async () => undefined)])
  let sent = 0
  await traffic.during(async () => {
    for (; sent < 3; sent += 1) await traffic.add(never(), bytes)
  })
  expect(sent).toBe(3)
})

test('what one file has sent is filled by another, and what is kept of it is a copy', () => {
  const traffic = new Traffic(3)
  const part = traffic.buffer(bytes)
  part.fill(Buffer.from('RESTORE.md'), 0)
  const kept = traffic.copied(part)
  const next = traffic.buffer(bytes)
  expect(next).toBe(part)
  expect(next.contents()).toHaveLength(0)
  next.fill(Buffer.from('other text'), 0)
  expect(Buffer.from(kept).toString()).toBe('RESTORE.md')
  traffic.giveBack(next)
  expect(traffic.buffer(bytes * 2).capacity).toBe(bytes * 2)
})
