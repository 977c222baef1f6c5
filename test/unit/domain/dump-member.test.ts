import {expect, test} from 'vitest'
import {archiveBytes, dumpMember, dumpMemberName, plainDumpName} from '../../../src/lib/domain/dump-member.ts'
import {isMemberName, type MemberName} from '../../../src/lib/domain/backup-set.ts'
import {encryptedName} from '../../../src/lib/domain/encryption.ts'
import {backupSet} from '../../support/backup-sets.ts'

const setWith = (name: MemberName, compression: string) => {
  const {manifest} = backupSet({startedAt: new Date('2026-11-22T02:00:00Z')})
  const members = (['globals.sql', name, 'RESTORE.md'] as const).map((each) => ({name: each, bytes: 1000, sha256: ''}))
  return {...manifest, members, tool: {...manifest.tool, compression}}
}

test.each([
  ['database.dump', 'gzip:1', 'database.dump'],
  ['database.dump', 'zstd:1', 'database.dump'],
  ['database.dump.age', 'gzip:1', 'database.dump'],
  ['database.dump.zst', 'zstd:outside', 'database.dump.zst'],
  ['database.dump.zst.age', 'zstd:outside', 'database.dump.zst'],
] as const)('the dump of a set with %s (%s) is read as %s', (name, compression, plain) => {
  const manifest = setWith(name, compression)
  expect(plainDumpName(manifest)).toBe(plain)
  expect(dumpMember(manifest)?.name).toBe(name)
  expect(dumpMemberName(compression)).toBe(plain)
})

test('what was compressed around is held to be as large as the database when room is looked for', () => {
  const manifest = setWith('database.dump.zst', 'zstd:outside')
  expect(archiveBytes(manifest)).toBe(manifest.databaseBytes)
  expect(archiveBytes(setWith('database.dump', 'gzip:1'))).toBe(1000)
  expect(archiveBytes({...manifest, members: []})).toBe(manifest.databaseBytes)
})

test('a dump is encrypted however it was compressed', () => {
  expect(encryptedName('database.dump.zst')).toBe('database.dump.zst.age')
  expect(encryptedName('rows-15.dump')).toBe('rows-15.dump.age')
  expect(encryptedName('rows-1.dump.zst')).toBe('rows-1.dump.zst.age')
})

test.each(['rows-0.dump', 'rows-16.dump', 'rows-1.dump/../../manifest.json', 'rows-1.dump\n', '../rows-1.dump', 'rows-01.dump'])(
  '%j is no name of a member, since a manifest must not lead out of its set',
  (name) => {
    expect(isMemberName(name)).toBe(false)
  },
)
