import {describe, expect, test} from 'vitest'
import {
  assertRestorable,
  assertServerReady,
  assertSpace,
  type Restorable,
  type RestoreFacts,
} from '../../../src/lib/domain/restore-safety.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backupSet} from '../../support/backup-sets.ts'

const backup: Restorable = backupSet({startedAt: new Date('2026-11-22T02:00:00Z')}).manifest
const needsVector = {...backup, catalogue: {...backup.catalogue, extensions: [{name: 'vector', version: '0.8.0'}]}}

const server: RestoreFacts = {
  server: backup.server,
  mayCreateDatabases: true,
  roles: ['postgres', 'shop'],
  availableExtensions: ['plpgsql'],
  freeBytes: 100_000_000,
  live: {bytes: 8_000_000, tables: 2, preparedTransactions: 0, logicalSlots: []},
}

const live = server.live!
const elsewhere = {...server.server, systemIdentifier: 'another'}

function refusal(action: () => void): OperatorError {
  try {
    action()
  } catch (error) {
    if (error instanceof OperatorError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

describe('a server', () => {
  test('that may make databases and whose live one nothing depends on is ready', () => {
    expect(() => assertServerReady(server)).not.toThrow()
    expect(() => assertServerReady({...server, live: null})).not.toThrow()
  })

  test.each<[string, Partial<RestoreFacts>, string, RegExp]>([
    ['a user who may not create databases', {mayCreateDatabases: false}, 'denied', /CREATEDB/],
    ['an open prepared transaction', {live: {...live, preparedTransactions: 1}}, 'refused', /ROLLBACK PREPARED/],
    ['a logical replication slot', {live: {...live, logicalSlots: ['warehouse']}}, 'refused', /pg_drop_replication_slot/],
  ])('with %s is refused before anything is touched', (_, change, kind, hint) => {
    const error = refusal(() => assertServerReady({...server, ...change}))
    expect(error.kind).toBe(kind)
    expect(error.hint).toMatch(hint)
  })

  test('the slots that stand in the way are named', () => {
    expect(refusal(() => assertServerReady({...server, live: {...live, logicalSlots: ['a', 'b']}})).details).toEqual(['a', 'b'])
  })
})

describe('a backup', () => {
  const tryIt = (change: Partial<RestoreFacts>, {of = backup, otherServer = false} = {}) =>
    assertRestorable(of, {...server, ...change}, {otherServer})

  test('of this server fits', () => {
    expect(() => tryIt({})).not.toThrow()
  })

  test.each<[string, Partial<RestoreFacts>, Restorable, string, RegExp]>([
    ['of a newer PostgreSQL', {server: {...server.server, versionNumber: 160_009}}, backup, 'incompatible', /PostgreSQL 17 or newer/],
    ['whose extension is not to be had', {}, needsVector, 'incompatible', /image that the backup came from/],
    ['whose role is missing', {roles: ['postgres']}, backup, 'incompatible', /globals\.sql/],
    ['that does not fit beside the live database', {freeBytes: 9_000_000}, backup, 'noSpace', /restore --list/],
    ['of another server', {server: elsewhere}, backup, 'refused', /--from-other-server/],
  ])('%s is refused', (_, change, of, kind, hint) => {
    const error = refusal(() => tryIt(change, {of}))
    expect(error.kind).toBe(kind)
    expect(error.hint).toMatch(hint)
  })

  test('of an older PostgreSQL, or an older minor version, fits', () => {
    expect(() => tryIt({server: {...server.server, versionNumber: 180_000}})).not.toThrow()
    expect(() => tryIt({server: {...server.server, versionNumber: 170_000}})).not.toThrow()
  })

  test('names what the server lacks', () => {
    expect(refusal(() => tryIt({}, {of: needsVector})).message).toContain('vector 0.8.0')
    expect(refusal(() => tryIt({roles: []})).message).toContain('shop')
  })

  test('of another server fits when the operator says so, or where there is nothing to mistake it for', () => {
    expect(() => tryIt({server: elsewhere}, {otherServer: true})).not.toThrow()
    expect(() => tryIt({server: elsewhere, live: null})).not.toThrow()
    expect(() => tryIt({server: elsewhere, live: {...live, tables: 0}})).not.toThrow()
  })

  test('of another server must still be compatible when the operator allows it', () => {
    expect(refusal(() => tryIt({server: elsewhere, roles: []}, {otherServer: true})).kind).toBe('incompatible')
  })
})

describe('space', () => {
  test('a fifth more than the database is wanted, no more', () => {
    expect(() => assertSpace(1_000_000, 1_200_000)).not.toThrow()
    expect(refusal(() => assertSpace(1_000_000, 1_199_999)).kind).toBe('noSpace')
  })

  test('where it cannot be known, it stops nobody', () => {
    expect(() => assertSpace(1_000_000, null)).not.toThrow()
  })
})
