import {existsSync, symlinkSync, utimesSync} from 'node:fs'
import path from 'node:path'
import {expect, test} from 'vitest'
import {LocalReleaseFiles} from '../../src/lib/adapters/release-files.ts'
import {folderWith} from '../support/folder.ts'

test('a folder that a deployment left is found with its size and age, and removed with everything in it', async () => {
  const folder = folderWith({'sparkone-commit-ab12/tree/a': '12345', 'sparkone-commit-ab12/tree/b/c': '678', 'other/file': 'x'})
  const left = path.join(folder, 'sparkone-commit-ab12')
  utimesSync(left, new Date('2026-11-01T00:00:00Z'), new Date('2026-11-01T00:00:00Z'))
  const files = new LocalReleaseFiles(folder)
  expect(await files.folders()).toEqual([{path: left, bytes: 8, changedAt: new Date('2026-11-01T00:00:00Z')}])
  await files.remove(left)
  expect(await files.folders()).toEqual([])
  expect(existsSync(path.join(folder, 'other/file'))).toBe(true)
})

test('a link of that name is not followed, and its target stays', async () => {
  const folder = folderWith({'data/precious': 'x', 'sparkone-commit-real/tree/file': '1'})
  symlinkSync(path.join(folder, 'data'), path.join(folder, 'sparkone-commit-link'))
  symlinkSync(path.join(folder, 'data'), path.join(folder, 'sparkone-commit-real/tree/link'))
  const files = new LocalReleaseFiles(folder)
  const found = await files.folders()
  expect(found.map((each) => path.basename(each.path))).toEqual(['sparkone-commit-real'])
  await files.remove(found[0]!.path)
  expect(existsSync(path.join(folder, 'data/precious'))).toBe(true)
})

test.each(['other', 'sparkone-commit-ab/tree', '../sparkone-commit-ab'])(
  '%s is no folder of a deployment, and is never removed',
  async (name) => {
    const folder = folderWith({[`${name.replace('../', '')}/file`]: 'x'})
    await expect(new LocalReleaseFiles(folder).remove(path.join(folder, name))).rejects.toMatchObject({kind: 'bug'})
  },
)
