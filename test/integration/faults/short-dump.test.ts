import {readdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import {PostgresServer} from '../../../src/lib/adapters/postgres/server.ts'
import {LocalExecutor} from '../../../src/lib/adapters/process/local.ts'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {makeLyingPrograms, type DumpConduct, type LyingPrograms} from '../../support/faults/pg-dump.ts'
import {rejection} from '../../support/folder.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

let scene: HostScene | null = null

beforeAll(async () => {
  const testbed = await requireTestbed()
  if (testbed.hostPostgresBin) scene = await openHostScene(testbed)
})
afterAll(() => scene?.[Symbol.asyncDispose]())
beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

/** Names beside the sets are looked at too: nothing half-written may stay. */
async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

describe('a pg_dump that says that all is well', () => {
  let programs: LyingPrograms
  let archive: Uint8Array
  let store: DirectoryStore

  beforeAll(async () => {
    if (!scene) return
    archive = await scene.dump('shop')
    const {hostPostgresBin} = await requireTestbed()
    programs = await makeLyingPrograms(path.join(scene.folder, 'programs'), hostPostgresBin!, archive)
    store = new DirectoryStore(path.join(scene.folder, 'short'), 'shop', 'production')
  })

  /** Backs up by real programs, a real disk and a server that knows what tables there are. */
  async function backUp(conduct: DumpConduct): Promise<unknown> {
    await programs.behave(conduct)
    const ports = Object.assign(new FakePorts(), {store: async () => store})
    ports.postgres.databases.set('shop', {comment: null, tables: {customers: 4000, orders: 30_000, state: 1}})
    const server = new PostgresServer({
      executor: new LocalExecutor(),
      programs: programs.folder,
      connection: {},
      signal: ports.signal,
      clock: systemClock,
      checkClientVersion: true,
      tablespaces: true,
      freeBytes: async () => null,
      ephemeral: () => Promise.reject(new Error('Nothing is verified here.')),
    })
    ports.postgres.dump = (database) => server.dump(database, '1')
    ports.postgres.archiveData = (bytes) => server.archiveData(bytes)
    return perform(backup, {allowEmpty: false}, ports, {dryRun: false, lockWaitMilliseconds: 0})
  }

  /** Returns how a backup failed, and everything that is left of it. */
  async function failed(conduct: DumpConduct): Promise<{kind: string; message: string; left: unknown[]}> {
    const {kind, message} = await rejection(backUp(conduct), OperatorError)
    return {kind, message, left: [...(await store.list()), ...(await store.broken()), ...(await namesIn(store.location))]}
  }

  it('and whose output ends at any hundredth of what it should be makes no backup', async () => {
    for (let percent = 0; percent < 100; percent += 1) {
      const {kind, left} = await failed({bytes: Math.floor((archive.length * percent) / 100)})
      expect({percent, left}).toEqual({percent, left: []})
      expect(kind).not.toBe('bug')
    }
  }, 120_000)

  it.each([1, 2, 16, 100])('and lacks only its last %i bytes makes no backup', async (missing) => {
    expect(await failed({bytes: archive.length - missing})).toMatchObject({left: []})
  })

  it.each<[string, DumpConduct]>([
    ['whose lines were given carriage returns on the way', {through: ['sed', String.raw`s/$/\r/`]}],
    ['whose output begins with a line that is none of the dump', {through: ['sed', '1s/^/pg_dump: warning: /']}],
  ])('and %s makes no backup', async (_, conduct) => {
    expect(await failed(conduct)).toMatchObject({kind: expect.stringMatching(/corrupt|failed/), left: []})
  })

  it('with its output, and fails at the very end, makes no backup', async () => {
    expect(await failed({exitCode: 1})).toMatchObject({message: expect.stringContaining('Dumping database shop failed'), left: []})
  })

  it('and is right makes a backup', async () => {
    await backUp({})
    const [set] = await store.list()
    expect(set!.manifest.contents.tables.map(({name, rows}) => [name, rows])).toEqual([
      ['customers', 4000],
      ['orders', 30_000],
      ['state', 1],
    ])
  })
})

it('a backup of a table that somebody emptied ends with a warning, holds cleaning up until it is accepted, and nothing after', async () => {
  const {run, sql, folder} = scene!
  await writeFile(
    path.join(folder, 'sparkone.yml'),
    `version: 1\nproject: shrunken\nruntime: host\ndatabase: {url: {env: SHOP_URL}}\nbackup: {directory: ./shrunken, retention: {last: 1, floor: 1}}\n`,
  )
  const does = async (...words: string[]) => {
    const {code, stdout} = await run([...words, '--json'])
    return {code, answer: JSON.parse(stdout) as Record<string, unknown> & {id: string}}
  }
  const first = await does('backup')
  expect(first.code).toBe(0)
  expect((await does('verify', 'latest')).code).toBe(0)
  await sql('TRUNCATE orders')
  const second = await does('backup')
  expect(second.code).toBe(1)
  expect(JSON.stringify(second.answer)).toContain('table public.orders')
  expect((await does('verify', 'latest')).code).toBe(0)
  const held = await does('backup', 'cleanup', '--yes')
  expect(held).toMatchObject({code: 1, answer: {freedBytes: 0, places: [{databases: [{frozen: {}, due: 1}]}]}})
  expect((await does('backup', 'accept', second.answer.id, '--yes')).code).toBe(0)
  const done = await does('backup', 'cleanup', '--yes')
  expect(done).toMatchObject({code: 0, answer: {places: [{databases: [{frozen: null}]}]}})
  expect(await namesIn(path.join(folder, 'shrunken', 'shrunken', 'production'))).toEqual([second.answer.id])
}, 120_000)
