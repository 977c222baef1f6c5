import {beforeEach, describe, expect, test} from 'vitest'
import {perform, type Change} from '../../src/lib/change.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {FakePorts} from '../support/fakes/ports.ts'

const real = {dryRun: false, lockWaitMilliseconds: 0}
const dry = {...real, dryRun: true}

type Telling = Change<{amount: number}, number, {summary: readonly string[]}, string>

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

/** A change that tells what is done with it. */
function telling(overrides: Partial<Telling> = {}): Telling {
  const tell = (event: string) => ports.events.push(event)
  return {
    name: 'repaint',
    async gather({amount}) {
      tell('gather')
      return amount
    },
    plan(amount) {
      tell('plan')
      return {summary: [`paint ${amount} walls`]}
    },
    question: () => 'Paint?',
    async apply() {
      tell('apply')
      return 'painted'
    },
    async undo() {
      tell('undo')
    },
    ...overrides,
  }
}

const failing = (error: Error) => telling({apply: () => Promise.reject(error)})
const ended = (change: Telling) =>
  perform(change, {amount: 4}, ports, real).then(
    () => {
      throw new Error('The change did not fail.')
    },
    (error: unknown) => error as OperatorError,
  )

describe('a change that goes well', () => {
  test('is planned under the lock, agreed to, written down, done and written down again', async () => {
    const {plan, result} = await perform(telling(), {amount: 4}, ports, real)
    expect(ports.events).toEqual(['lock', 'sweep', 'gather', 'plan', 'consent', 'intent', 'apply', 'outcome', 'release'])
    expect([plan.summary, result]).toEqual([['paint 4 walls'], 'painted'])
  })

  test('is written down with who, where, what and when', async () => {
    await perform(telling(), {amount: 4}, ports, real)
    const common = {run: '000001', command: 'repaint', project: 'shop', environment: 'production', actor: 'operator@server'}
    expect(ports.log.written).toEqual([
      {...common, at: '2026-11-22T10:00:00.000Z', phase: 'intent', detail: {plan: ['paint 4 walls']}},
      {...common, at: '2026-11-22T10:00:00.000Z', phase: 'outcome', detail: {outcome: 'done'}},
    ])
  })

  test('asks with its summary, and asks nothing when it has no question', async () => {
    await perform(telling(), {amount: 4}, ports, real)
    expect(ports.confirmation.asked).toEqual([{question: 'Paint?', summary: ['paint 4 walls']}])
    const {question: _, ...unasked} = telling()
    await perform(unasked, {amount: 4}, ports, real)
    expect(ports.confirmation.asked).toHaveLength(1)
  })

  test('tells what it cleaned up after an earlier run', async () => {
    await ports.sets.create('20261121T020000Z-3f9a1c')
    const {swept} = await perform(telling(), {amount: 4}, ports, real)
    expect(swept).toEqual(['removed the unfinished backup 20261121T020000Z-3f9a1c'])
  })
})

describe('a dry run', () => {
  test('plans under the lock and does, asks, writes and sweeps nothing', async () => {
    await ports.sets.create('20261121T020000Z-3f9a1c')
    const {plan, result, swept} = await perform(telling(), {amount: 4}, ports, dry)
    expect(ports.events).toEqual(['lock', 'gather', 'plan', 'release'])
    expect([plan.summary, result, swept]).toEqual([['paint 4 walls'], null, []])
    expect([ports.log.written, ports.sets.drafts.size]).toEqual([[], 1])
  })

  test('is refused by the same safety rules', async () => {
    const refusing = telling({
      plan() {
        throw new OperatorError('refused', 'The walls are wet.')
      },
    })
    await expect(perform(refusing, {amount: 4}, ports, dry)).rejects.toMatchObject({kind: 'refused'})
  })
})

describe('a change that is not begun', () => {
  test('does nothing while another run holds the lock', async () => {
    const first = await ports.lockBook.acquire('shop-production', {command: 'backup', run: 'abc123'})
    const error = await ended(telling())
    expect([error.kind, error.exitCode]).toEqual(['locked', 5])
    expect(error.message).toContain('abc123')
    expect(ports.events).toEqual(['lock'])
    await first[Symbol.asyncDispose]()
    await expect(perform(telling(), {amount: 4}, ports, real)).resolves.toMatchObject({result: 'painted'})
  })

  test('gives the lock back and writes nothing when a safety rule refuses it', async () => {
    const refusing = telling({
      plan() {
        throw new OperatorError('refused', 'The walls are wet.')
      },
    })
    expect((await ended(refusing)).exitCode).toBe(4)
    expect(ports.events.at(-1)).toBe('release')
    expect(ports.log.written).toEqual([])
  })

  test('is neither applied nor written down without consent', async () => {
    ports.confirmation.agrees = false
    expect((await ended(telling())).exitCode).toBe(4)
    expect(ports.events).toEqual(['lock', 'sweep', 'gather', 'plan', 'consent', 'release'])
  })

  test('is not applied when it cannot be written down', async () => {
    ports.log.failing = new OperatorError('noSpace', 'No space is left for the journal.')
    expect((await ended(telling())).kind).toBe('noSpace')
    expect(ports.events).not.toContain('apply')
  })
})

describe('a change that fails', () => {
  const reason = new OperatorError('unreachable', 'The painter is ill.')

  test('is undone once, written down as failed, and keeps its exit code', async () => {
    const error = await ended(failing(reason))
    expect(error).toBe(reason)
    expect(ports.events).toEqual(['lock', 'sweep', 'gather', 'plan', 'consent', 'intent', 'undo', 'outcome', 'release'])
    expect(ports.log.written.at(-1)?.detail).toEqual({outcome: 'failed', undone: true, reason: 'The painter is ill.'})
  })

  test('is not undone when it failed before anything was done', async () => {
    await ended(telling({gather: () => Promise.reject(reason)}))
    expect(ports.events).not.toContain('undo')
  })

  test('says so when cleaning up failed too, and keeps the first reason and code', async () => {
    const undo = () => Promise.reject(new Error('the bucket is empty'))
    const error = await ended({...failing(reason), undo})
    expect([error.kind, error.message]).toEqual(['unreachable', 'The painter is ill.'])
    expect(error.details).toEqual(['Cleaning up failed too: the bucket is empty'])
    expect(error.hint).toMatch(/next run/)
    expect(ports.log.written.at(-1)?.detail).toMatchObject({outcome: 'failed', undone: false})
  })

  test('by a bug keeps the bug out of the journal and lets it through', async () => {
    const error = await ended(failing(new TypeError('x of undefined, password=hunter2')))
    expect(error).toBeInstanceOf(TypeError)
    expect(JSON.stringify(ports.log.written)).not.toContain('hunter2')
  })

  test('tells why it failed even when that cannot be written down', async () => {
    const change = telling({
      apply: () => {
        ports.log.failing = new Error('disk full')
        return Promise.reject(reason)
      },
    })
    expect(await ended(change)).toBe(reason)
  })
})

test('a change that was done but could not be written down ends with a warning, not as if nothing had been done', async () => {
  const change = telling({
    apply: async () => {
      ports.log.failing = new Error('disk full')
      return 'painted'
    },
  })
  const error = await ended(change)
  expect([error.exitCode, ports.events.includes('undo')]).toEqual([1, false])
})
