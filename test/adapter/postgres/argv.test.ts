import {describe, expect, test} from 'vitest'
import {dumpArgv, globalsArgv, psqlArgv, restoreArgv} from '../../../src/lib/adapters/postgres/argv.ts'
import {dumpCompression, programMajor} from '../../../src/lib/adapters/postgres/compression.ts'

describe('the name of a database', () => {
  test.each([
    ['shop', `--dbname=dbname='shop'`],
    ['my shop', `--dbname=dbname='my shop'`],
    ["it's", String.raw`--dbname=dbname='it\'s'`],
    ['back\\slash', String.raw`--dbname=dbname='back\\slash'`],
    ['host=elsewhere password=x', `--dbname=dbname='host=elsewhere password=x'`],
    ['postgres://elsewhere/shop', `--dbname=dbname='postgres://elsewhere/shop'`],
    ['--version', `--dbname=dbname='--version'`],
  ])('%s stays a name', (name, word) => {
    for (const argv of [
      psqlArgv('', name),
      dumpArgv('', name, {snapshotId: '1', compression: '--compress=1', lockWaitMilliseconds: 1}),
      restoreArgv('', name, {tablespaces: true}),
    ]) {
      expect(argv.filter((each) => each.startsWith('--dbname'))).toEqual([word])
    }
  })
})

describe('the programs', () => {
  test('stop at the first error and never ask for a password', () => {
    expect(psqlArgv('/usr/lib/postgresql/17/bin/', 'shop')).toEqual(
      expect.arrayContaining(['/usr/lib/postgresql/17/bin/psql', 'ON_ERROR_STOP=1', '--no-password', '--no-psqlrc']),
    )
    expect(restoreArgv('', 'shop', {tablespaces: false})).toEqual(
      expect.arrayContaining(['--exit-on-error', '--no-password', '--no-tablespaces']),
    )
    const snapshot = {snapshotId: '1', compression: '--compress=1', lockWaitMilliseconds: 1}
    for (const argv of [dumpArgv('', 'shop', snapshot), globalsArgv('', true)]) expect(argv).toContain('--no-password')
  })

  test('restore what streams by in one process, and a file in as many as are said', () => {
    expect(restoreArgv('', 'shop', {tablespaces: true}).join(' ')).not.toContain('--jobs')
    const argv = restoreArgv('', 'shop', {tablespaces: true, staged: {path: '/tmp/sparkone-1-restore-2.dump', jobs: 4}})
    expect(argv).toContain('--jobs=4')
    expect(argv.at(-1)).toBe('/tmp/sparkone-1-restore-2.dump')
  })

  test('dump every row, whatever a policy hides, and do not wait for a lock for ever', () => {
    const argv = dumpArgv('', 'shop', {snapshotId: '00000003-1', compression: '--compress=zstd:1', lockWaitMilliseconds: 5000})
    expect(argv).toEqual(expect.arrayContaining(['--snapshot=00000003-1', '--compress=zstd:1', '--lock-wait-timeout=5000ms']))
    expect(argv.join(' ')).not.toContain('row-security')
  })

  test('leave passwords of roles out where the server does not show them', () => {
    expect(globalsArgv('', true)).not.toContain('--no-role-passwords')
    expect(globalsArgv('', false)).toContain('--no-role-passwords')
  })
})

test.each([
  ['pg_dump (PostgreSQL) 17.11 (Debian 17.11-1.pgdg13+1)', 17, 'zstd:1'],
  ['pg_dump (PostgreSQL) 16.0', 16, 'zstd:1'],
  ['pg_dump (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)', 15, 'zstd:outside'],
  ['pg_dump (PostgreSQL) 18devel', 18, 'zstd:1'],
  ['', 0, 'zstd:outside'],
])('%s is version %i and compresses with %s', (text, major, name) => {
  expect([programMajor(text), dumpCompression(text).name]).toEqual([major, name])
})
