import {mkdir, readFile, readdir, stat, symlink, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {beforeEach, expect, test} from 'vitest'
import {measureStaging, withStagedArchive} from '../../../src/lib/adapters/postgres/staged-archive.ts'
import {LocalExecutor} from '../../../src/lib/adapters/process/local.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Bytes} from '../../../src/lib/ports.ts'
import {folderWith} from '../../support/folder.ts'

const {signal} = new AbortController()
let folder: string
let executor: LocalExecutor

beforeEach(() => {
  folder = folderWith({})
  executor = new LocalExecutor()
})

const staging = (given = signal) => ({executor, prefix: path.join(folder, 'restore-'), signal: given})

async function* archive(failure?: Error): Bytes {
  yield new TextEncoder().encode('PGDMP')
  if (failure) throw failure
}

test('an archive lies beside the server while it is loaded, for its owner alone, and is gone afterwards', async () => {
  await withStagedArchive(staging(), archive(), async (file) => {
    expect(await readFile(file, 'utf8')).toBe('PGDMP')
    expect((await stat(file)).mode & 0o777).toBe(0o600)
  })
  expect(await readdir(folder)).toEqual([])
})

test('an archive that turns out to be damaged is loaded by nobody', async () => {
  const damaged = new OperatorError('corrupt', 'database.dump is damaged.')
  let loaded = false
  const staged = withStagedArchive(staging(), archive(damaged), async () => void (loaded = true))
  await expect(staged).rejects.toBe(damaged)
  expect(loaded).toBe(false)
  expect(await readdir(folder)).toEqual([])
})

test('what fails while it is loaded is told, and the archive is gone', async () => {
  const failing = withStagedArchive(staging(), archive(), () => Promise.reject(new Error('ERROR: no such type')))
  await expect(failing).rejects.toThrow('no such type')
  expect(await readdir(folder)).toEqual([])
})

test('an interruption leaves no archive behind', async () => {
  const abort = new AbortController()
  const loading = withStagedArchive(staging(abort.signal), archive(), async (file) => {
    abort.abort()
    await executor.run(['cat', file], {signal: abort.signal})
  })
  await expect(loading).rejects.toMatchObject({kind: 'interrupted'})
  expect(await readdir(folder)).toEqual([])
})

test('a folder that is not there is said in words', async () => {
  const nowhere = {...staging(), prefix: path.join(folder, 'gone', 'restore-')}
  const failing = withStagedArchive(nowhere, archive(), async () => undefined)
  await expect(failing).rejects.toMatchObject({kind: 'failed', hint: expect.stringContaining('restore.jobs: 1')})
})

test('room is that of the file system, and none where nothing can be written', async () => {
  const {freeBytes, processors} = await measureStaging(executor, path.join(folder, 'restore-'), signal)
  expect(freeBytes).toBeGreaterThan(0)
  expect(processors).toBeGreaterThanOrEqual(1)
  expect((await measureStaging(executor, path.join(folder, 'gone', 'restore-'), signal)).freeBytes).toBeNull()
})

test('a link that somebody laid where the archive would go is never followed', async () => {
  const target = path.join(folder, 'precious')
  await writeFile(target, 'mine')
  const shared = path.join(folder, 'shared')
  await mkdir(shared)
  const linking: typeof executor.run = async (argv, options) => {
    if (argv[0] === 'sh') await symlink(target, argv.at(-1)!)
    return executor.run(argv, options)
  }
  const attacked = {
    ...staging(),
    prefix: path.join(shared, 'restore-'),
    executor: {...executor, description: '', start: executor.start.bind(executor), run: linking},
  }
  await expect(withStagedArchive(attacked, archive(), async () => undefined)).rejects.toMatchObject({kind: 'failed'})
  expect(await readFile(target, 'utf8')).toBe('mine')
})
