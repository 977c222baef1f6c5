import {expect, it} from 'vitest'
import {createProfiler} from '../../../ops/api/profiler.ts'
import {withinRequest} from '../../../ops/api/request-context.ts'

const settings = {enabled: true, slowSeconds: 0.5, maxHistory: 3}
const immediate = {...settings, slowSeconds: 0}
const fail = async () => {
  throw new Error('refused')
}

it('a profiler that is off remembers nothing and returns what the work returned', async () => {
  const profiler = createProfiler({...immediate, enabled: false})
  expect(await profiler.measure('read', 'SELECT 1', async () => 7)).toBe(7)
  expect(profiler.operations()).toEqual([])
})

it('only operations at or over the threshold are slow, and are told at once', async () => {
  const told: string[] = []
  const quick = createProfiler(settings, ({operation}) => told.push(operation))
  await quick.measure('read', 'SELECT 1', async () => undefined)
  expect(quick.slow()).toEqual([])
  expect(quick.slow(0)).toHaveLength(1)
  const strict = createProfiler(immediate, ({operation}) => told.push(operation))
  await strict.measure('write', null, async () => undefined)
  expect(told).toEqual(['write'])
})

it('a profiler remembers as many operations as its history is long, the newest', async () => {
  const profiler = createProfiler(immediate)
  for (const name of ['first', 'second', 'third', 'fourth']) await profiler.measure(name, null, async () => undefined)
  expect(
    profiler
      .operations()
      .map(({operation}) => operation)
      .toSorted(),
  ).toEqual(['fourth', 'second', 'third'])
})

it('a failed operation is remembered as failed, with the id of its request', async () => {
  const profiler = createProfiler(immediate)
  const request = {requestId: 'r-1', correlationId: 'c-1'}
  await expect(withinRequest(request, () => profiler.measure('read', 'SELECT 1', fail))).rejects.toThrow('refused')
  expect(profiler.slow()).toMatchObject([{operation: 'read', statement: 'SELECT 1', failed: true, requestId: 'r-1'}])
})

it('a profile counts, times, and adds up CPU and memory by operation', async () => {
  const profiler = createProfiler(immediate)
  for (const work of [async () => 1, fail]) await profiler.measure('read', null, work).catch(() => undefined)
  const [profile] = profiler.operations()
  expect(profile).toMatchObject({operation: 'read', count: 2, slow: 2, failed: 1})
  expect(profile!.maxSeconds).toBeGreaterThanOrEqual(profile!.meanSeconds)
  expect(profile!.p95Seconds).toBe(profile!.maxSeconds)
  expect(profile!.cpuSeconds).toBeGreaterThanOrEqual(0)
})
