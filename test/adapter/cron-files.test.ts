import {chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {FileJobMemory} from '../../src/lib/adapters/cron/job-memory.ts'
import {publicFiles} from '../../src/lib/adapters/cron/public-files.ts'
import {noRecord, recordRun, recordSkip} from '../../src/lib/domain/job.ts'
import {folderWith} from '../support/folder.ts'

const run = {run: 'r', startedAt: '2026-11-22T02:00:00.000Z', endedAt: '2026-11-22T02:01:00.000Z', exitCode: 0}

let folder: string

beforeEach(() => {
  folder = folderWith()
})

describe('the memory of jobs', () => {
  const memory = () => new FileJobMemory(folder, 'shop-production')

  test('is empty at first, and tells another process what was saved', async () => {
    expect(await memory().read('backup')).toEqual(noRecord)
    const record = recordRun(noRecord, 'backup', run, {bytes: 4096})
    await memory().saveRun('backup', record)
    expect(await memory().read('backup')).toEqual(record)
    expect(await memory().read('verify')).toEqual(noRecord)
    expect(await new FileJobMemory(folder, 'other-production').read('backup')).toEqual(noRecord)
  })

  test('of skips is kept apart, so that a run which saves itself meanwhile is not lost', async () => {
    const before = await memory().read('backup')
    await memory().saveRun('backup', recordRun(noRecord, 'backup', run, {}))
    await memory().saveSkips('backup', recordSkip(before, new Date('2026-11-22T02:00:30Z')))
    expect(await memory().read('backup')).toMatchObject({last: {exitCode: 0}, skips: 1, skippedAt: '2026-11-22T02:00:30.000Z'})
  })

  test('that was damaged counts as none', async () => {
    await memory().saveRun('backup', recordRun(noRecord, 'backup', run, {}))
    writeFileSync(path.join(folder, 'jobs/shop-production/backup.json'), '{"last": {"run"')
    expect(await memory().read('backup')).toEqual(noRecord)
  })

  test('knows when it was last looked what is due', async () => {
    expect(await memory().lookedAt()).toBeNull()
    await memory().saveLook(new Date('2026-11-22T02:05:00Z'))
    expect(await memory().lookedAt()).toEqual(new Date('2026-11-22T02:05:00Z'))
  })
})

describe('a file for other programs', () => {
  test('is readable for all, replaced in one step, and leaves nothing beside it', async () => {
    const file = path.join(folder, 'deep/er/metrics.prom')
    await publicFiles.write(file, 'one\n')
    await publicFiles.write(file, 'two\n')
    expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, readdirSync(path.dirname(file))]).toEqual([
      'two\n',
      0o644,
      ['metrics.prom'],
    ])
    expect(await publicFiles.read(file)).toBe('two\n')
    await publicFiles.remove(file)
    expect(await publicFiles.read(file)).toBeNull()
  })

  test('that cannot be written is an error for the operator, and the old one stays', async () => {
    const file = path.join(folder, 'folder')
    mkdirSync(file)
    chmodSync(file, 0o755)
    await expect(publicFiles.write(file, 'text')).rejects.toMatchObject({name: 'OperatorError'})
    expect(readdirSync(folder)).toEqual(['folder'])
  })
})
