import {randomBytes} from 'node:crypto'
import {open, readdir, rename} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {startPgbackrestScene, type PgbackrestScene} from '../support/pgbackrest-scene.ts'
import {inspectTestbed} from '../support/testbed/index.ts'
import {waitFor} from '../support/testbed/machine.ts'

const {hostPostgresBin, peers} = await inspectTestbed()

describe.skipIf(!hostPostgresBin || !peers.pgbackrest)('pgBackRest as the engine', () => {
  let scene: PgbackrestScene
  beforeAll(async () => {
    scene = await startPgbackrestScene({postgresBin: hostPostgresBin!, pgbackrest: peers.pgbackrest!})
    await scene.sql(
      'CREATE TABLE orders (id int PRIMARY KEY, word text); INSERT INTO orders SELECT n, repeat(md5(n::text), 20) FROM generate_series(1, 500) n',
    )
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())

  const json = async (...words: string[]) => {
    const {code, stdout, stderr} = await scene.sparkone([...words, '--json'])
    expect(stdout, stderr).not.toBe('')
    return {code, body: JSON.parse(stdout)}
  }
  const orders = () => scene.sql('SELECT count(*) FROM orders')
  const moment = async () => {
    const time = await scene.sql(`SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`)
    // Times are told in milliseconds, and what comes next must be later.
    await scene.sql('SELECT pg_sleep(0.01)')
    return time
  }

  it('refuses to back up a server that archives nothing, and says what to set', async () => {
    await scene.sql(`ALTER SYSTEM SET archive_command = ''`)
    await scene.sql('SELECT pg_reload_conf()')
    const {code, body} = await json('backup')
    expect(code).toBe(6)
    expect(body.error).toMatchObject({kind: 'incompatible', hint: expect.stringContaining('archive-push %p')})
    await scene.sql('ALTER SYSTEM RESET archive_command')
    await scene.sql('SELECT pg_reload_conf()')
  })

  it('makes a full backup, then what changed since, and lists both with the times that can be recovered to', async () => {
    expect(await json('backup')).toMatchObject({code: 0, body: {kind: 'physical', type: 'full'}})
    expect(await json('backup', '--type', 'incr')).toMatchObject({code: 0, body: {type: 'incr'}})
    const {body} = await json('restore', '--list')
    expect(body.backups).toMatchObject([{type: 'incr', proven: null}, {type: 'full'}])
    expect(body.windows).toHaveLength(1)
  })

  it('proves the newest backup in a server of its own, and health knows', async () => {
    const {code, body} = await json('verify')
    expect(code).toBe(0)
    expect(body.proof).toMatchObject({passed: true, tables: 1, rows: 500, depth: {btreeIndexes: 1}})
    const {body: health} = await json('health')
    expect(health.findings).toContainEqual(expect.objectContaining({subject: 'backup', status: 'ok'}))
    expect(health.findings).toContainEqual(expect.objectContaining({subject: 'archive', status: 'ok'}))
    expect(await scene.debris()).toEqual([])
  })

  it('brings back exactly what was there between two changes, although the table was dropped next', async () => {
    await scene.sql(`INSERT INTO orders VALUES (501, 'before')`)
    const between = await moment()
    await scene.sql('DROP TABLE orders')
    const {code, body} = await json('restore', '--at', between, '--yes')
    expect(code, JSON.stringify(body)).toBe(0)
    expect(body).toMatchObject({swapped: true, at: between})
    expect(await orders()).toBe('501')
    expect(await scene.debris()).toEqual([])
  })

  it('archives the timeline that begins there, so that times after the restore can be recovered, too', async () => {
    await scene.sql(`INSERT INTO orders VALUES (502, 'after')`)
    expect(await json('verify', '--at', '0s ago')).toMatchObject({code: 0, body: {proof: {passed: true, rows: 502}}})
  })

  it('takes the restore back, and does not follow the timeline that was given up', async () => {
    const {code} = await json('restore', '--undo', '--yes')
    expect(code).toBe(0)
    await expect(orders()).rejects.toThrow('does not exist')
    await scene.sql('CREATE TABLE orders AS SELECT generate_series(1, 7) AS id')
    expect(await json('verify', '--at', '0s ago')).toMatchObject({code: 0, body: {proof: {rows: 7}}})
  })

  it('leaves nothing behind when it is stopped while it recovers', async () => {
    const run = scene.start(['restore', '--at', '0s ago', '--yes'])
    await waitFor('the recovery to begin', 30, async () => (await scene.debris()).some((name) => name.includes('_recovering_')))
    run.child.kill('SIGINT')
    expect((await run.ended).code).toBe(130)
    expect(await scene.debris()).toEqual([])
    expect(await orders()).toBe('7')
  })

  it('names the segment that the archive lacks', async () => {
    const [folder, names] = await segments()
    const missing = names.at(-2)!
    await rename(path.join(folder, missing), path.join(scene.folder, missing))
    const {code, body} = await json('restore', '--at', '0s ago', '--yes')
    expect(code).toBe(9)
    expect(body.error.message).toContain(missing.slice(0, 24))
    await rename(path.join(scene.folder, missing), path.join(folder, missing))
    expect(await orders()).toBe('7')
  })

  it('recovers a server that is down along its own timeline, and not along the newest of the archive', async () => {
    await scene.sql('INSERT INTO orders VALUES (8)')
    const before = await moment()
    await scene.sql('DELETE FROM orders')
    const segment = await scene.sql('SELECT pg_walfile_name(pg_switch_wal())')
    await waitFor('the log to be archived', 30, async () => (await segments())[1].some((name) => name.startsWith(segment)))
    await scene.crash()
    const {code, body} = await json('restore', '--at', before, '--yes')
    expect(code, JSON.stringify(body)).toBe(0)
    expect(await orders()).toBe('8')
  })

  it('recovers a server that is down to the last that is in the archive', async () => {
    await scene.sql('INSERT INTO orders VALUES (9)')
    const segment = await scene.sql('SELECT pg_walfile_name(pg_switch_wal())')
    await waitFor('the log to be archived', 30, async () => (await allSegments()).some((name) => name.startsWith(segment)))
    await scene.crash()
    const {code, body} = await json('restore', '--at', 'latest', '--yes')
    expect(code, JSON.stringify(body)).toBe(0)
    expect(await orders()).toBe('9')
  })

  it('holds a drill on what the archive has, and a program works on the recovered server', async () => {
    const ask = `"${hostPostgresBin}/psql" "$DATABASE_URL" -Atc 'SELECT 1/count(*) FROM orders WHERE id = 9'`
    await scene.configure({drill: {sql: [{name: 'orders', query: 'SELECT count(*) FROM orders', expect: '9'}], command: ['sh', '-c', ask]}})
    const {code, body} = await json('drill')
    expect(code, JSON.stringify(body)).toBe(0)
    expect(body.report).toMatchObject({passed: true, met: true, checks: [{passed: true}, {passed: true}]})
    expect(await scene.debris()).toEqual([])
  })

  it('removes the data folders that restores kept', async () => {
    const {code, body} = await json('restore', '--prune-old', '--keep', '1', '--yes')
    expect(code, JSON.stringify(body)).toBe(0)
    expect(body.removed.length).toBeGreaterThan(0)
    expect((await json('restore', '--list')).body.kept).toHaveLength(1)
    expect(await scene.debris()).toEqual([])
    expect(await orders()).toBe('9')
  })

  it('has pgBackRest remove what its setting does not keep, once enough of the others are proven', async () => {
    await scene.configure({backup: {retention: {floor: 1}}}, {'repo1-retention-full': '1', 'expire-auto': 'n'})
    expect(await json('backup', '--type', 'full')).toMatchObject({code: 0})
    const held = await json('backup', 'cleanup', '--yes')
    expect(held).toMatchObject({code: 1, body: {places: [{databases: [{frozen: expect.stringContaining('would leave 0 proven')}]}, {}]}})
    expect(await json('verify')).toMatchObject({code: 0})
    const {code, body} = await json('backup', 'cleanup', '--yes')
    expect(code, JSON.stringify(body)).toBe(0)
    expect((await json('restore', '--list')).body.backups).toMatchObject([{type: 'full', proven: true}])
  })

  it('finds a damaged file of the repository, ends with 13, and health says so', async () => {
    const {body: list} = await json('restore', '--list')
    const full = list.backups.at(-1).id as string
    await damage(path.join(scene.repository, 'backup/shop', full, 'pg_data/base'))
    const {code, body} = await json('verify', full)
    expect(code).toBe(13)
    expect(body.proof).toMatchObject({passed: false, differences: [{subject: 'recovery', severity: 'fatal'}]})
    expect(await scene.debris()).toEqual([])
    expect((await json('restore', '--list')).body.backups.at(-1)).toMatchObject({proven: false})
  })

  /** Those that are there as a whole: one on its way has a name of its own. */
  async function segments(): Promise<[string, string[]]> {
    const root = path.join(scene.repository, 'archive/shop')
    const [archive] = (await readdir(root)).filter((name) => /^\d+-1$/.test(name))
    const folder = path.join(root, archive!, '0000000100000000')
    return [folder, (await readdir(folder)).filter((name) => /^[0-9A-F]{24}-[0-9a-f]{40}\.gz$/.test(name)).toSorted()]
  }

  /** Of all timelines. */
  async function allSegments(): Promise<string[]> {
    const names = await readdir(path.join(scene.repository, 'archive/shop'), {recursive: true})
    return names.filter((name) => name.endsWith('.gz')).map((name) => path.basename(name))
  }

  /** Overwrites the largest file, in its middle. */
  async function damage(folder: string): Promise<void> {
    const files = (await readdir(folder, {recursive: true})).filter((name) => name.endsWith('.gz')).map((name) => path.join(folder, name))
    const sized = await Promise.all(files.map(async (name) => ({name, size: await sizeOf(name)})))
    const [largest] = sized.toSorted((one, other) => other.size - one.size)
    await using file = await open(largest!.name, 'r+')
    await file.write(randomBytes(64), 0, 64, Math.floor(largest!.size / 2))
  }

  async function sizeOf(name: string): Promise<number> {
    await using file = await open(name, 'r')
    return (await file.stat()).size
  }
})
