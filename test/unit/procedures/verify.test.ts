import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {BackupSet, Proof} from '../../../src/lib/domain/backup-set.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {readHashedContents} from '../../../src/lib/procedures/database-contents.ts'
import {restore} from '../../../src/lib/procedures/restore.ts'
import {verify} from '../../../src/lib/procedures/verify.ts'
import {verifyView} from '../../../src/lib/output/views/verify.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {plainDump} from '../../support/sql-dumps.ts'

const options = {dryRun: false, lockWaitMilliseconds: 0}

let ports: FakePorts
let set: BackupSet

beforeEach(async () => {
  ports = new FakePorts()
  set = (await perform(backup, {allowEmpty: false}, ports, options)).result!.set
})

const prove = async (selector = 'latest'): Promise<Proof> => (await perform(verify, {selector}, ports, options)).result!.proof
const failure = (selector?: string) =>
  prove(selector).then(
    () => {
      throw new Error('The verification did not fail.')
    },
    (error: unknown) => error as OperatorError,
  )
const keptProof = async () => (await ports.sets.list())[0]!.proof

describe('a proof', () => {
  test('says what was restored where, and is kept with the backup', async () => {
    const proof = await prove()
    expect(proof).toMatchObject({
      id: set.manifest.id,
      passed: true,
      where: 'memory',
      serverVersion: '17.2',
      tables: 2,
      rows: 8,
      differences: [],
    })
    expect(await keptProof()).toEqual(proof)
  })

  test('is gathered on a throw-away server with the roles of the original, and the live one is left alone', async () => {
    const before = new Map(ports.postgres.databases)
    await prove()
    const [ephemeral] = ports.postgres.ephemerals
    expect(ephemeral?.steps[0]).toBe('roles')
    expect(ephemeral?.disposed).toBe(true)
    expect(ports.postgres.databases).toEqual(before)
  })

  test('tells how long each part took, to the millisecond', async () => {
    ports.postgres.afterRestore = () => ports.clock.advance(1234.5678)
    const {seconds} = await prove()
    expect(seconds).toEqual({readBack: 0, start: 0, restore: 1.235, compare: 0, total: 1.235})
  })

  test('is not passed when one row is missing', async () => {
    ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)
    const proof = await prove()
    expect(proof).toMatchObject({passed: false, differences: [{subject: 'table public.orders', expected: '5 rows', actual: '4 rows'}]})
    expect((await keptProof())?.passed).toBe(false)
  })

  test('is not passed when the backup cannot be restored at all', async () => {
    ports.postgres.failing.restore = new OperatorError('failed', 'type "vector" does not exist')
    const [difference] = (await prove()).differences
    expect(difference).toEqual({subject: 'restore', expected: 'success', actual: 'type "vector" does not exist', severity: 'fatal'})
    expect((await keptProof())?.passed).toBe(false)
  })
})

describe('contents that another version hashed', () => {
  test('are compared by the first hash where the manifest names none', async () => {
    const {hashedBy: _unnamed, ...contents} = await readHashedContents(ports.postgres, set.manifest.database, 'rows-1')
    ports.sets.rewrite(set.manifest.id, (manifest) => ({...manifest, contents}))
    expect(contents.tables[0]!.hash).not.toBe(set.manifest.contents.tables[0]!.hash)
    expect(await prove()).toMatchObject({passed: true, depth: {hashed: true}, differences: []})
    ports.postgres.afterRestore = (database) => (database.changed = ['orders'])
    expect(await prove()).toMatchObject({passed: false, differences: [{subject: 'contents of table public.orders', severity: 'fatal'}]})
  })

  test('are counted where nobody here knows the hash, which the proof tells', async () => {
    ports.sets.rewrite(set.manifest.id, (manifest) => ({...manifest, contents: {...manifest.contents, hashedBy: 'rows-9'}}))
    const proof = await prove()
    expect(proof).toMatchObject({
      passed: true,
      depth: {hashed: false},
      differences: [{subject: 'contents of tables', expected: 'hashed by rows-9', severity: 'note'}],
    })
    expect(verifyView(proof)).toContain('- contents of tables: expected hashed by rows-9, found counted, and not compared')
    expect(verifyView(proof)).toContain('the rows of every table, not their contents')
    ports.postgres.afterRestore = (database) => (database.tables.orders = 4)
    expect(await prove()).toMatchObject({passed: false})
  })
})

describe('a backup whose bytes are damaged', () => {
  test('loses the proof that it had', async () => {
    await prove()
    ports.sets.damage(set.manifest.id, 'database.dump')
    expect(await failure()).toMatchObject({kind: 'corrupt', exitCode: 13})
    expect(await keptProof()).toMatchObject({passed: false, where: 'the stored bytes themselves'})
  })

  test('is found out before a throw-away server is started', async () => {
    ports.sets.damage(set.manifest.id, 'globals.sql')
    await failure()
    expect(ports.postgres.ephemerals).toEqual([])
  })
})

describe('a verification that could not be carried out', () => {
  test('says nothing of the backup, which keeps the proof it had', async () => {
    const proof = await prove()
    ports.postgres.failing.ephemeral = new OperatorError('unreachable', 'docker is not running')
    expect((await failure()).kind).toBe('unreachable')
    expect(await keptProof()).toEqual(proof)
  })
})

describe('what is verified', () => {
  test('is found by the beginning or the end of its id', async () => {
    expect((await prove('20261122T1')).id).toBe(set.manifest.id)
    expect((await prove(set.manifest.id.slice(-6))).id).toBe(set.manifest.id)
  })

  test('is the newest backup, also when an older one is proven already', async () => {
    await prove()
    const newer = (await perform(backup, {allowEmpty: false}, ports, options)).result!.set
    expect((await prove()).id).toBe(newer.manifest.id)
  })

  test('must be there', async () => {
    expect(await failure('20250101T000000Z')).toMatchObject({kind: 'notFound', exitCode: 9})
    expect(await failure('./nowhere.sql')).toMatchObject({kind: 'notFound'})
  })

  test('can be a dump of another tool, whose proof is kept nowhere', async () => {
    ports.files.add('./dump.sql', 'script', plainDump)
    const proof = await prove('./dump.sql')
    expect(proof).toMatchObject({id: './dump.sql', passed: true, tables: 4, rows: 7})
    expect(await keptProof()).toBeNull()
  })

  test('must be whole when it is a script', async () => {
    ports.files.add('./cut.sql', 'script', plainDump.slice(0, plainDump.indexOf('3\t')))
    expect(await failure('./cut.sql')).toMatchObject({kind: 'corrupt'})
  })
})

test('a backup that is encrypted to other keys is refused before a byte of it is read', async () => {
  ports.keys.unreadable = new OperatorError('denied', 'It is encrypted to other keys.')
  const read: string[] = []
  ports.sets.read = (_set, name) => {
    read.push(name)
    throw new Error('Nothing should be read.')
  }
  expect(await failure()).toMatchObject({kind: 'denied'})
  const restoring = perform(restore, {selector: 'latest', isFile: false, otherServer: false}, ports, options)
  await expect(restoring).rejects.toMatchObject({kind: 'denied'})
  expect({read, servers: ports.postgres.ephemerals}).toEqual({read: [], servers: []})
})
