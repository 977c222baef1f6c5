import {readdirSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {CronMemory} from '../../src/lib/adapters/cron-memory.ts'
import {folderWith} from '../support/folder.ts'

const start = Date.parse('2026-11-22T02:00:00Z')
const hour = 3_600_000

let state: string

beforeEach(() => {
  state = folderWith()
})

/** Whether a run that ended so, so many hours after the first, is told of. */
const told = async (exitCode: number, hours = 0, name = 'backup') =>
  (await new CronMemory(state).news(name, exitCode, new Date(start + hours * hour))) !== null

test('a first run is told of when it fails, and not when all is well', async () => {
  expect(await told(0)).toBe(false)
  expect(await told(2, 0, 'verify')).toBe(true)
})

describe('a failure', () => {
  beforeEach(async () => {
    await told(10)
  })

  test('is told of once', async () => {
    expect([await told(10, 1), await told(10, 23)]).toEqual([false, false])
  })

  test('is told of again after a day, and then a day later', async () => {
    expect([await told(10, 24), await told(10, 25), await told(10, 47), await told(10, 48)]).toEqual([true, false, false, true])
  })

  test('that goes on is a reminder after a day, and no change of state', async () => {
    expect(await new CronMemory(state).news('backup', 10, new Date(start + 25 * hour))).toBe('reminder')
    expect(await new CronMemory(state).news('backup', 0, new Date(start + 26 * hour))).toBe('change')
  })

  test('of another kind is told of at once', async () => {
    expect(await told(12, 1)).toBe(true)
  })

  test('that is over is told of once', async () => {
    expect([await told(0, 1), await told(0, 2), await told(10, 3)]).toEqual([true, false, true])
  })

  test('of one command says nothing of another', async () => {
    expect(await told(10, 1, 'verify')).toBe(true)
  })
})

test('a memory that was damaged makes every outcome news', async () => {
  await told(10)
  const folder = path.join(state, 'cron')
  for (const name of readdirSync(folder)) writeFileSync(path.join(folder, name), '{"exitCode":')
  expect(await told(10, 1)).toBe(true)
})

test('names of commands with slashes and spaces stay inside the folder', async () => {
  await told(10, 0, '../etc/passwd --flag')
  expect(readdirSync(path.join(state, 'cron'))).toEqual([expect.stringMatching(/^[0-9a-f]{16}\.json$/)])
})
