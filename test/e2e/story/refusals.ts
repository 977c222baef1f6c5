import path from 'node:path'
import {execa} from 'execa'
import {expect, it} from 'vitest'
import {embeddedPrograms} from '../../../src/lib/adapters/embedded/embedded-programs.ts'
import type {Desk} from './desk.ts'
import {openElsewhere} from './elsewhere.ts'
import type {AskDesk} from './swap.ts'

/** Returns the newest backup of the stack, made now if there is none yet. */
async function anyBackup(desk: Desk): Promise<string> {
  const {backups} = await desk.does(['restore', '--list'])
  const newest = (backups as {id: string; database: string}[]).find(({database}) => database === desk.stack.database.name)
  return newest?.id ?? String((await desk.does(['backup'])).id)
}

/** Returns the folder of programs of the version that the stack has. */
export async function sameVersion(skip: (note: string) => never): Promise<string> {
  const {postgresBin} = await embeddedPrograms()
  return /17/.test((await execa(path.join(postgresBin, 'postgres'), ['--version'])).stdout) ? postgresBin : skip('PostgreSQL 17 is missing')
}

export function refusalStory(ask: AskDesk): void {
  it('is not replaced without consent', async ({skip}) => {
    const desk = ask(skip)
    const id = await anyBackup(desk)
    const before = await desk.databases()
    const document = await desk.both(['restore', id])
    expect(document).toMatchObject({exitCode: 4, error: {kind: 'refused', hint: expect.stringContaining('--yes')}})
    expect(await desk.databases()).toEqual(before)
  })

  it('is not replaced by a backup that does not exist', async ({skip}) => {
    const desk = ask(skip)
    for (const words of [
      ['restore', '20200101T000000Z-0a0a0a', '--yes'],
      ['verify', 'nonsense'],
      ['restore', '--db', 'no-such.sql', '--yes'],
    ]) {
      expect(await desk.both(words)).toMatchObject({exitCode: 9, error: {kind: 'notFound'}})
    }
    expect(await desk.both(['restore', '--list', '--undo'])).toMatchObject({exitCode: 3})
  })

  it('without tables is not backed up, since that would prove nothing', async ({skip}) => {
    const desk = ask(skip)
    await desk.stack.sql('CREATE DATABASE empty', 'postgres')
    const document = await desk.answers(['backup'], {environment: {DB_NAME: 'empty'}})
    expect(document).toMatchObject({exitCode: 4, error: {kind: 'refused', hint: expect.stringContaining('--allow-empty')}})
    await desk.stack.sql('DROP DATABASE empty', 'postgres')
  })

  it('of another server is replaced only when that is meant, and brings its roles along', async ({skip}) => {
    const desk = ask(skip)
    const id = await anyBackup(desk)
    await using elsewhere = await openElsewhere(desk, {bin: await sameVersion(skip), settings: {max_prepared_transactions: '2'}})
    const {where, sql} = elsewhere
    await sql('CREATE DATABASE sparkone')
    await sql('CREATE TABLE precious AS SELECT 1 AS id', 'sparkone')
    const restore = ['restore', id, '--yes']
    const notMeant = await desk.both(restore, where)
    expect(notMeant).toMatchObject({exitCode: 4, error: {kind: 'refused', hint: expect.stringContaining('--from-other-server')}})
    expect(await sql('SELECT id FROM precious', 'sparkone')).toBe('1')

    await desk.does([...restore, '--from-other-server'], where)
    expect(await sql('SELECT count(*) FROM plain', 'sparkone')).toBe('1234')
    expect(await sql(`SELECT member::regrole FROM pg_auth_members WHERE roleid = 'readers'::regrole`)).toBe('"Report Reader"')

    await sql(`BEGIN; CREATE TABLE half_done (id int); PREPARE TRANSACTION 'open'`, 'sparkone')
    for (const words of [
      [...restore, '--from-other-server'],
      ['restore', '--undo', '--yes'],
    ]) {
      const prepared = await desk.answers(words, where)
      expect(prepared).toMatchObject({exitCode: 4, error: {kind: 'refused', message: expect.stringContaining('prepared')}})
    }
    await sql(`ROLLBACK PREPARED 'open'`, 'sparkone')
    await desk.does(['restore', '--undo', '--yes'], where)
    expect(await sql('SELECT id FROM precious', 'sparkone')).toBe('1')
  })

  it('is not replaced on a server that lacks one of its extensions', async ({skip}) => {
    const desk = ask(skip)
    const {stack} = desk
    const folder = '/usr/share/postgresql/17/extension'
    const files = `echo "default_version = '1.0'" >${folder}/only_here.control; echo >${folder}/only_here--1.0.sql`
    await execa('docker', ['exec', await stack.container('postgres'), 'sh', '-c', files], {env: stack.environment})
    await stack.sql('CREATE DATABASE extended', 'postgres')
    await stack.sql('CREATE EXTENSION only_here; CREATE TABLE one (id int)', 'extended')
    const environment = {DB_NAME: 'extended'}
    const {id} = await desk.does(['backup'], {environment})
    await using elsewhere = await openElsewhere(desk, {bin: await sameVersion(skip)})
    const where = {...elsewhere.where, environment: {...elsewhere.where.environment, ...environment}}
    const document = await desk.answers(['restore', String(id), '--yes', '--from-other-server'], where)
    expect(document).toMatchObject({exitCode: 6, error: {kind: 'incompatible', message: expect.stringContaining('only_here 1.0')}})
    // The image of the container lacks it just as well.
    expect(await desk.both(['verify', String(id)], {environment})).toMatchObject({
      exitCode: 6,
      error: {message: expect.stringContaining('only_here')},
    })
    await stack.sql('DROP DATABASE extended', 'postgres')
  })

  it('is not replaced on an older server, nor backed up by older programs', async ({skip}) => {
    const desk = ask(skip)
    const {hostPostgresBin} = desk.testbed
    if (!hostPostgresBin) return skip('PostgreSQL of this machine is missing')
    const id = await anyBackup(desk)
    await using older = await openElsewhere(desk, {bin: hostPostgresBin})
    const restored = await desk.answers(['restore', id, '--yes', '--from-other-server'], older.where)
    expect(restored).toMatchObject({exitCode: 6, error: {kind: 'incompatible', hint: expect.stringContaining('PostgreSQL 17 or newer')}})
    await using newer = await openElsewhere(desk, {bin: await sameVersion(skip), programs: hostPostgresBin})
    await newer.sql('CREATE DATABASE sparkone')
    const dumped = await desk.answers(['backup'], newer.where)
    expect(dumped).toMatchObject({exitCode: 6, error: {kind: 'incompatible', hint: expect.stringContaining('postgresql-client-17')}})
  })
}
