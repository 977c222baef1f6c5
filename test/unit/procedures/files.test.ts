import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {backupFiles} from '../../../src/lib/procedures/backup-files.ts'
import {restoreFiles} from '../../../src/lib/procedures/restore-files.ts'
import {restore} from '../../../src/lib/procedures/restore.ts'
import {readText} from '../../../src/lib/procedures/text.ts'
import {verifyFiles} from '../../../src/lib/procedures/verify-files.ts'
import {verify} from '../../../src/lib/procedures/verify.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {HealthRun} from '../../support/health-run.ts'
import {rejection} from '../../support/folder.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}
const {input: health} = new HealthRun()

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

const takeFiles = async (tags: string[] = []) => (await perform(backupFiles, {tags, health}, ports, options)).result!
const prove = async (selector = 'latest') => (await perform(verifyFiles, {selector}, ports, options)).result!.proof
const bringBack = async (input: {into?: string; overwrite?: boolean; selector?: string} = {}) =>
  (await perform(restoreFiles, {selector: 'latest', into: null, overwrite: false, ...input}, ports, options)).result!
const failure = (promise: Promise<unknown>) => rejection(promise, OperatorError)

describe('a backup of files', () => {
  test('is a set of its own kind, with what is in it', async () => {
    const {set} = await takeFiles(['weekly'])
    expect(set.manifest).toMatchObject({
      kind: 'files',
      database: '',
      tags: ['weekly'],
      files: {folder: '/srv/shop', entries: 2, files: 2, problems: []},
    })
    expect(set.manifest.members.map(({name}) => name)).toEqual(['files.tar.zst', 'files.sha256', 'report.json', 'RESTORE.md'])
    expect(await ports.sets.list()).toEqual([set])
  })

  test('reports who took it, where, of which commit, and how the components were', async () => {
    const {set} = await takeFiles()
    const report = JSON.parse(await readText(ports.sets.read(set, 'report.json'))) as Record<string, unknown>
    expect(report).toMatchObject({
      id: set.manifest.id,
      host: 'server',
      user: 'operator',
      folder: '/srv/shop',
      git: {commit: 'a'.repeat(40), branch: 'main', dirty: false},
      sparkone: '0.1.0',
      files: {files: 2},
    })
    expect(report.components).toContainEqual(expect.objectContaining({subject: 'database'}))
  })

  test('is made with the services down, and outside of a repository', async () => {
    ports.unreachable = new OperatorError('unreachable', 'docker is not running')
    ports.project.revisionFound = null
    const {set} = await takeFiles()
    expect(JSON.parse(await readText(ports.sets.read(set, 'report.json')))).toMatchObject({git: null})
  })

  test('names what is missing and what changed while it was read', async () => {
    ports.project.problems = [{path: 'ops/key', fault: 'unreadable', message: 'permission denied'}]
    ports.project.changing = [{path: 'outputs/log', fault: 'changed', message: 'it changed each of the 3 times it was read'}]
    const {set} = await takeFiles()
    expect(set.manifest.files.problems.map(({path}) => path)).toEqual(['ops/key', 'outputs/log'])
  })

  test('of nothing is refused, with what stands in the way', async () => {
    ports.project.contents.clear()
    ports.project.problems = [{path: 'ops', fault: 'unreadable', message: 'permission denied'}]
    expect(await failure(takeFiles())).toMatchObject({kind: 'refused', details: ['ops: permission denied']})
  })

  test('without room is not begun', async () => {
    ports.sets.free = 3
    expect(await failure(takeFiles())).toMatchObject({kind: 'noSpace'})
    expect(ports.sets.drafts.size).toBe(0)
  })

  test('to a key that nobody has shown to work is refused', async () => {
    ports.keys.keys = [{recipient: 'age1x', confirmedAt: null}]
    expect(await failure(takeFiles())).toMatchObject({kind: 'refused'})
  })

  test('whose archive cannot be read back as it was written is none', async () => {
    ports.project.unread = 1
    expect(await failure(takeFiles())).toMatchObject({
      kind: 'corrupt',
      message: expect.stringContaining('2 entries were stored, 1 can be read'),
    })
    expect(await ports.sets.list()).toEqual([])
    expect(ports.sets.drafts.size).toBe(0)
  })
})

describe('backups of files and of a database', () => {
  beforeEach(async () => {
    await perform(backup, {allowEmpty: false}, ports, options)
    ports.clock.advance(60_000)
    await takeFiles()
  })

  test('are never taken for each other', async () => {
    const {manifest} = (await perform(verify, {selector: 'latest'}, ports, options)).plan.source as never as {manifest: never}
    expect(manifest).toBeUndefined()
    expect((await prove()).files).toBe(2)
    const [database, files] = (await ports.sets.list()).map((set) => set.manifest.id)
    expect(await failure(perform(restore, {selector: files!, isFile: false, otherServer: false}, ports, options))).toMatchObject({
      kind: 'usage',
      hint: `Say --files: sparkone restore --files ${files}`,
    })
    expect(await failure(bringBack({selector: database!}))).toMatchObject({kind: 'usage'})
  })

  test('do not spoil what the next dump is compared with', async () => {
    const {plan} = await perform(backup, {allowEmpty: false}, ports, options)
    expect(plan.earlier.map(({manifest}) => manifest.database)).toEqual(['shop'])
  })
})

describe('the proof of a backup of files', () => {
  beforeEach(() => takeFiles())

  test('is kept with it', async () => {
    expect(await prove()).toMatchObject({passed: true, files: 2, tables: 0})
    expect((await ports.sets.list())[0]!.proof).toMatchObject({passed: true})
    expect(ports.project.disposed).toBe(1)
  })

  test('fails for one file that is other than it was', async () => {
    ports.project.afterUnpack = (entries) => (entries[0]!.sha256 = 'f'.repeat(64))
    expect(await prove()).toMatchObject({passed: false, differences: [{subject: 'ops/compose.yml'}]})
  })

  test('is withdrawn when the stored bytes are damaged', async () => {
    await prove()
    ports.sets.damage((await ports.sets.list())[0]!.manifest.id, 'files.tar.zst')
    expect(await failure(prove())).toMatchObject({kind: 'corrupt'})
    expect((await ports.sets.list())[0]!.proof).toMatchObject({passed: false})
  })

  test('of a backup that is not there says so', async () => {
    expect(await failure(prove('20200101T000000Z'))).toMatchObject({kind: 'notFound'})
    await ports.sets.remove((await ports.sets.list())[0]!)
    expect(await failure(prove())).toMatchObject({kind: 'notFound', hint: 'sparkone backup --files makes one.'})
  })
})

describe('restoring files', () => {
  beforeEach(async () => {
    await takeFiles()
    ports.project.contents.set('sparkone.yml', 'project: changed')
  })

  test('makes a new folder beside that of the project', async () => {
    const {folder, kept, files} = await bringBack()
    expect({folder, kept, files}).toEqual({folder: '/srv/restored-20261122T100000Z-000002', kept: null, files: 2})
    expect(ports.project.folders.get(folder)!.get('sparkone.yml')).toBe('project: shop')
    expect(ports.project.contents.get('sparkone.yml')).toBe('project: changed')
    expect(ports.confirmation.asked).toEqual([])
  })

  test('over files that are there is refused, and names them', async () => {
    const refused = await failure(bringBack({into: '/srv/shop'}))
    expect(refused).toMatchObject({kind: 'refused', details: ['ops/compose.yml', 'sparkone.yml']})
    expect(ports.project.contents.get('sparkone.yml')).toBe('project: changed')
  })

  test('over files that are there keeps these aside, after asking', async () => {
    const {kept, replaced} = await bringBack({into: '/srv/shop', overwrite: true})
    expect({kept, replaced}).toEqual({kept: expect.stringMatching(/^\/srv\/shop\/\.sparkone-before-20261122_1000\d\d$/), replaced: 2})
    expect(ports.project.contents.get('sparkone.yml')).toBe('project: shop')
    expect(ports.project.folders.get(kept!)!.get('sparkone.yml')).toBe('project: changed')
    expect(ports.confirmation.asked).toHaveLength(1)
  })

  test('changes nothing without consent', async () => {
    ports.confirmation.agrees = false
    expect(await failure(bringBack({into: '/srv/shop', overwrite: true}))).toMatchObject({kind: 'refused'})
    expect(ports.project.contents.get('sparkone.yml')).toBe('project: changed')
  })

  test('needs room', async () => {
    ports.project.free = 3
    expect(await failure(bringBack())).toMatchObject({kind: 'noSpace'})
  })

  test('of a damaged backup touches nothing', async () => {
    ports.sets.damage((await ports.sets.list())[0]!.manifest.id, 'files.tar.zst')
    expect(await failure(bringBack({into: '/srv/shop', overwrite: true}))).toMatchObject({kind: 'corrupt'})
    expect(ports.project.contents.get('sparkone.yml')).toBe('project: changed')
  })

  test('of one that cannot be decrypted here says so before anything is read', async () => {
    ports.keys.unreadable = new OperatorError('denied', 'no key')
    expect(await failure(bringBack())).toMatchObject({kind: 'denied'})
  })
})
