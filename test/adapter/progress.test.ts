import {Writable} from 'node:stream'
import {expect, test} from 'vitest'
import {createProgress} from '../../src/lib/adapters/progress.ts'
import {FakeClock} from '../support/fakes/clock.ts'

function terminal(): {stderr: NodeJS.WriteStream; text: () => string} {
  let text = ''
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString('utf8')
      done()
    },
  })
  const stderr = Object.assign(stream, {isTTY: true, columns: 100, rows: 40}) as unknown as NodeJS.WriteStream
  return {stderr, text: () => text}
}

test('at a terminal a step shows its title, and its result comes back', async () => {
  const {stderr, text} = terminal()
  const progress = createProgress({live: true, silent: false, stderr, clock: new FakeClock()})
  expect(await progress.step('Dump database shop', async () => 42)).toBe(42)
  expect(text()).toContain('Dump database shop')
})

test('at a terminal the error of a step comes back as it was thrown', async () => {
  const {stderr} = terminal()
  const progress = createProgress({live: true, silent: false, stderr, clock: new FakeClock()})
  const error = new Error('no space')
  await expect(progress.step('Dump', () => Promise.reject(error))).rejects.toBe(error)
})

test('without a terminal a step is one line, and one more each ten seconds', async () => {
  const {stderr, text} = terminal()
  const clock = new FakeClock()
  const progress = createProgress({live: false, silent: false, stderr, clock})
  await progress.step('Dump', async (report) => {
    report('1 MiB')
    clock.advance(10_000)
    report('2 MiB')
    report('3 MiB')
  })
  expect(text()).toBe('Dump\nDump: 2 MiB\n')
})

test('a silent run writes nothing', async () => {
  const {stderr, text} = terminal()
  const progress = createProgress({live: true, silent: true, stderr, clock: new FakeClock()})
  await progress.step('Dump', async (report) => report('1 MiB'))
  expect(text()).toBe('')
})
