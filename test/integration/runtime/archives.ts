import {describe, expect, it} from 'vitest'
import {compareCatalogues, compareContents} from '../../../src/lib/domain/compare.ts'
import {joinContents, planDump} from '../../../src/lib/domain/dump-streams.ts'
import type {DumpContents} from '../../../src/lib/domain/inventory.ts'
import {SqlDumpReader} from '../../../src/lib/domain/sql-dump.ts'
import type {Bytes, DatabaseServer} from '../../../src/lib/ports.ts'
import {readContents, readHashedContents, readState} from '../../../src/lib/procedures/database-contents.ts'
import {fromText, readText} from '../../../src/lib/procedures/text.ts'
import type {Ask} from './conformance.ts'
import {fixtureSql, nastyText, plainKey, rowsByTable} from '../../support/one-of-everything.ts'
import {failureOf} from './queries.ts'
import type {Subject} from './subject.ts'

export const fixtureDatabase = 'fixture'

/** Makes the database of the fixture, unless it is there. */
export async function makeFixture({runtime: {database}, hasVectors}: Subject): Promise<void> {
  const found = await database.query('postgres', `SELECT 1 FROM pg_database WHERE datname = '${fixtureDatabase}'`)
  if (found.length > 0) return
  await database.command('postgres', `CREATE DATABASE ${fixtureDatabase}`)
  await database.execute(fixtureDatabase, fixtureSql({hasVectors}))
}

/** Returns a whole dump of the fixture. */
async function dumpFixture(subject: Subject): Promise<Uint8Array> {
  const {database} = subject.runtime
  await makeFixture(subject)
  await using snapshot = await database.snapshot(fixtureDatabase)
  // Awaited here, since the snapshot ends with this function.
  return await collect(database.dump(fixtureDatabase, snapshot.id).bytes)
}

async function collect(bytes: Bytes): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Hands bytes out in parts of an awkward size. */
async function* inParts(bytes: Uint8Array, size = 1021): Bytes {
  for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
}

async function contentsOf(database: DatabaseServer, archive: Uint8Array): Promise<DumpContents> {
  const reader = new SqlDumpReader({hash: 'rows-2'})
  for await (const chunk of database.archiveData(inParts(archive))) reader.push(chunk)
  const {contents, closed} = reader.end()
  expect(closed).toBe(true)
  return contents
}

export function archivesConform(ask: Ask): void {
  describe('an archive', () => {
    it('holds what was there when its snapshot was taken, and nothing later', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      await makeFixture(subject)
      await using snapshot = await database.snapshot(fixtureDatabase)
      await database.execute(fixtureDatabase, `INSERT INTO parent VALUES (4); CREATE TABLE later AS SELECT 1`)
      const dump = database.dump(fixtureDatabase, snapshot.id)
      const contents = await contentsOf(database, await collect(dump.bytes))
      await database.execute(fixtureDatabase, `DELETE FROM ONLY parent WHERE id = 4; DROP TABLE later`)
      expect(contents.tables.find(({name}) => name === 'parent')?.rows).toBe(3)
      expect(contents.tables.find(({name}) => name === 'later')).toBeUndefined()
      expect(await dump.program()).toEqual({
        version: expect.stringMatching(/^pg_dump \(PostgreSQL\) \d+/),
        compression: expect.stringMatching(/^zstd:(?:1|outside)$/),
      })
    })

    it('tells the exact rows of each table, the sequences and the large objects', async ({skip}) => {
      const subject = ask(skip)
      const {tables, sequences, largeObjects} = await contentsOf(subject.runtime.database, await dumpFixture(subject))
      const expected = {...rowsByTable, ...(subject.hasVectors ? {'public.items': 13} : {})}
      expect(Object.fromEntries(tables.map((table) => [plainKey(table), table.rows]))).toEqual(expected)
      expect(Object.fromEntries(sequences.map(({name, lastValue, isCalled}) => [name, [lastValue, isCalled]]))).toEqual({
        'Never called': ['100', false],
        called: ['9007199254740993', true],
        generated_c_seq: ['11', true],
        plain_id_seq: ['1234', true],
      })
      expect(largeObjects).toBe(3)
    })

    it('comes back as the very same database, loaded by several processes', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const archive = await dumpFixture(subject)
      await database.command('postgres', 'CREATE DATABASE fixture_again')
      const size = {archiveBytes: archive.length, restoredBytes: 0}
      expect(await database.restoreArchive('fixture_again', () => inParts(archive), {size})).toEqual({jobs: 2, why: 'restore.jobs is 2'})
      expect(await subject.throwAways()).toEqual([])
      const [{catalogue: before}, {catalogue: after}] = [
        await readState(database, fixtureDatabase),
        await readState(database, 'fixture_again'),
      ]
      expect(compareCatalogues(before, after)).toEqual([])
      expect(compareContents(await contentsOf(database, archive), await readContents(database, 'fixture_again', after))).toEqual([])
      expect(await database.query('fixture_again', 'SELECT body FROM lines WHERE id = 1')).toEqual([{body: nastyText}])
      await database.drop('fixture_again')
    })

    it('gives the rows of some tables alone, laid down once and loaded by several processes', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const archive = await dumpFixture(subject)
      let opened = 0
      const open = () => inParts(archive, 100_000 + (opened += 1))
      await database.command('postgres', 'CREATE DATABASE fixture_again')
      const parts = [{kind: 'definitions'} as const, {kind: 'rows', schema: 'public', tables: ['parent', 'lines']} as const]
      const size = {archiveBytes: archive.length, restoredBytes: 0, part: {bytes: archive.length, tables: 2}}
      expect(await database.restoreArchive('fixture_again', open, {parts, size})).toMatchObject({jobs: 2})
      expect(opened).toBe(1)
      const {catalogue} = await readState(database, 'fixture_again')
      const {tables} = await readContents(database, 'fixture_again', catalogue)
      const filled = tables.filter(({rows}) => rows > 0).map(({name}) => name)
      expect(filled.toSorted()).toEqual(['lines', 'parent'])
      await database.drop('fixture_again')
    })

    it('is written by several processes, each table by one, and comes back as the very same database', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      await makeFixture(subject)
      const weights = await database.weigh(fixtureDatabase)
      const {apart, jobs} = planDump({...weights, freeConnections: 90}, 3)
      expect(jobs).toBe(3)
      await using snapshot = await database.snapshot(fixtureDatabase, apart.flat())
      // What is called later has no part in it, though every process asks the sequence by itself.
      const dumped = await collect(database.dump(fixtureDatabase, snapshot.id, {rows: {kind: 'without', tables: apart.flat()}}).bytes)
      await database.execute(fixtureDatabase, `SELECT nextval('plain_id_seq')`)
      const only = (tables: (typeof apart)[number]) => database.dump(fixtureDatabase, snapshot.id, {rows: {kind: 'only', tables}}).bytes
      const rows = [await collect(only(apart[0]!)), await collect(only(apart[1]!))]
      await database.execute(fixtureDatabase, `SELECT setval('plain_id_seq', 1234)`)
      const contents = joinContents(await contentsOf(database, dumped), [
        await contentsOf(database, rows[0]!),
        await contentsOf(database, rows[1]!),
      ])
      const expected = {...rowsByTable, ...(subject.hasVectors ? {'public.items': 13} : {})}
      expect(Object.fromEntries(contents.tables.map((table) => [plainKey(table), table.rows]))).toEqual(expected)
      for (const size of [{archiveBytes: dumped.length, restoredBytes: 0}, undefined]) {
        await database.command('postgres', 'CREATE DATABASE fixture_again')
        const options = {rows: rows.map((each) => () => inParts(each)), ...(size && {size})}
        expect((await database.restoreArchive('fixture_again', () => inParts(dumped), options)).jobs).toBe(size ? 2 : 1)
        const {catalogue} = await readState(database, 'fixture_again')
        expect(compareCatalogues(snapshot.catalogue, catalogue)).toEqual([])
        expect(compareContents(contents, await readHashedContents(database, 'fixture_again', 'rows-2'))).toEqual([])
        await database.drop('fixture_again')
      }
    })

    it('of a table that is not there is none', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      await makeFixture(subject)
      await using snapshot = await database.snapshot(fixtureDatabase)
      const tables = [{schema: 'public', name: 'pla*n'}]
      expect(await failureOf(collect(database.dump(fixtureDatabase, snapshot.id, {rows: {kind: 'only', tables}}).bytes))).toBe('failed')
    })

    it('is restored up to the first error and no further', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const archive = await dumpFixture(subject)
      await database.command('postgres', 'CREATE DATABASE fixture_again')
      await database.execute('fixture_again', 'CREATE TABLE parent (other text)')
      expect(await failureOf(database.restoreArchive('fixture_again', () => inParts(archive)))).toBe('failed')
      expect(await database.query('fixture_again', `SELECT to_regclass('reference') AS found`)).toEqual([{found: null}])
      await database.drop('fixture_again')
    })

    it('that was cut is no archive', async ({skip}) => {
      const subject = ask(skip)
      const {database} = subject.runtime
      const archive = await dumpFixture(subject)
      const cut = archive.subarray(0, archive.length - 100)
      // Compressed around, it is known to be cut before pg_restore says so.
      expect(await failureOf(readText(database.archiveData(inParts(cut))))).toMatch(/^(?:failed|corrupt)$/)
    })

    it('fails with the error of its source when that cannot be read', async ({skip}) => {
      const {database} = ask(skip).runtime
      const broken = async function* (): Bytes {
        yield new TextEncoder().encode('PGDMP')
        throw new Error('the disk is gone')
      }
      await expect(readText(database.archiveData(broken()))).rejects.toThrow('the disk is gone')
    })

    it('of plain SQL comes in wholly or not at all', async ({skip}) => {
      const {database} = ask(skip).runtime
      await database.command('postgres', 'CREATE DATABASE fixture_script')
      const script = `CREATE TABLE one (id int);\nCOPY one FROM stdin;\n1\n2\n\\.\n`
      expect(await failureOf(database.restoreScript('fixture_script', fromText(`${script}SELECT 1 / 0;\n`)))).toBe('failed')
      expect(await database.query('fixture_script', `SELECT to_regclass('one') AS found`)).toEqual([{found: null}])
      await database.restoreScript('fixture_script', fromText(script))
      expect(await database.query('fixture_script', 'SELECT count(*)::int AS rows FROM one')).toEqual([{rows: 2}])
      await database.drop('fixture_script')
    })
  })
}
