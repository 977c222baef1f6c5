import {expect, test} from 'vitest'
import {loadConfig} from '../../../src/lib/config/load.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {compose, folderWith, rejection} from '../../support/folder.ts'

async function load(lines: string) {
  const cwd = folderWith({'compose.yaml': compose, 'sparkone.yml': `version: 1\n${lines}\n`})
  return (await loadConfig({flags: {}, cwd, environment: {HOME: '/nonexistent'}})).config
}

test('unless told otherwise a restore leaves the API alone, and how many processes load is decided when it is known what there is', async () => {
  const {restore, backup} = await load('')
  expect([restore.api, restore.jobs, backup.nice, backup.ionice]).toEqual(['leave', undefined, 10, undefined])
})

test('what is written holds', async () => {
  const {restore, backup} = await load('restore: {api: readonly, jobs: 4}\nbackup: {ionice: idle, proofMemory: 2GiB}')
  expect([restore.api, restore.jobs, backup.ionice, backup.proofMemory]).toEqual(['readonly', 4, 'idle', 2 * 1024 ** 3])
})

test.each([
  ['restore: {jobs: 0}', /restore\.jobs.*between 1 and 64/],
  ['restore: {jobs: 65}', /restore\.jobs.*between 1 and 64/],
  ['restore: {jobs: many}', /restore\.jobs.*between 1 and 64/],
  ['restore: {api: frozen}', /restore\.api.*leave, restart, stop, readonly/],
  ['backup: {proofMemory: 64MiB}', /backup\.proofMemory.*at least 256MiB/],
  ['backup: {proofMemory: most}', /backup\.proofMemory.*such as 2GiB/],
  ['backup: {ionice: realtime}', /backup\.ionice.*idle, best-effort/],
])('%s is refused, with what was expected', async (lines, message) => {
  const {message: first, details} = await rejection(load(lines), OperatorError)
  expect([first, ...details].join('\n')).toMatch(message)
})
