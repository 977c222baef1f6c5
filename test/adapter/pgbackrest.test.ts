import {describe, expect, test} from 'vitest'
import {parseSections} from '../../src/lib/adapters/pgbackrest/configuration.ts'
import {explainPgbackrest} from '../../src/lib/adapters/pgbackrest/failures.ts'
import {readExpiry, readInfo, readSegments} from '../../src/lib/adapters/pgbackrest/info.ts'
import {restoreCommandOf} from '../../src/lib/adapters/pgbackrest/recovering-server.ts'
import {explainLog} from '../../src/lib/adapters/pgbackrest/server-log.ts'
import {ProgramFailure} from '../../src/lib/adapters/process/executor.ts'

const backup = (label: string, type: string, more: object = {}) => ({
  label,
  type,
  error: false,
  timestamp: {start: 1795356128, stop: 1795356132},
  archive: {start: '000000010000000000000002', stop: '000000010000000000000003'},
  lsn: {start: '0/2000028', stop: '0/3000050'},
  database: {id: 1, 'repo-key': 1},
  info: {delta: 22992569, repository: {delta: 3502936, size: 3502936}, size: 22992569},
  ...more,
})

const info = (more: object = {}) =>
  JSON.stringify([
    {
      name: 'main',
      status: {code: 0, message: 'ok'},
      repo: [{key: 1, status: {code: 0, message: 'ok'}}],
      db: [{id: 1, 'repo-key': 1, 'system-id': 1, version: '15'}],
      archive: [{database: {id: 1, 'repo-key': 1}, id: '15-1', min: 'a', max: 'b'}],
      backup: [backup('20261122-140208F', 'full'), backup('20261122-140208F_20261122-140213I', 'incr', {error: true})],
      ...more,
    },
  ]).replace('"system-id":1', '"system-id":7710995844684642037')

describe('info', () => {
  test('tells type, times, sizes, segments and damage of each backup', () => {
    const {backups, archiveId} = readInfo(info(), 'main', undefined)
    expect(archiveId).toBe('15-1')
    expect(backups).toMatchObject([
      {
        label: '20261122-140208F',
        type: 'full',
        finishedAt: new Date(1795356132 * 1000),
        databaseBytes: 22992569,
        storedBytes: 3502936,
        lastSegment: '000000010000000000000003',
        consistentAt: 0x3000050n,
        damaged: false,
        majorVersion: 15,
        systemIdentifier: '7710995844684642037',
      },
      {type: 'incr', damaged: true},
    ])
  })

  test('a backup that was made without archiving cannot be recovered and is left out', () => {
    const {backups} = readInfo(
      info({backup: [backup('20261122-140208F', 'full', {archive: {start: null, stop: null}})]}),
      'main',
      undefined,
    )
    expect(backups).toEqual([])
  })

  test('a stanza without backups is an empty list', () => {
    expect(readInfo(info({status: {code: 2, message: 'no valid backups'}, backup: []}), 'main', undefined).backups).toEqual([])
  })

  test.each([
    [{code: 1, message: 'missing stanza path'}, 'notFound'],
    [{code: 99, message: '[PathOpenError] unable to list: [13] Permission denied'}, 'denied'],
    [{code: 99, message: '[HostConnectError] timeout'}, 'unreachable'],
  ])('a repository with status %o is %s, and never empty', (status, kind) => {
    expect(() => readInfo(info({status, repo: [{key: 1, status}]}), 'main', undefined)).toThrow(expect.objectContaining({kind}))
  })

  test('another stanza is not taken for the one that was meant', () => {
    expect(() => readInfo(info(), 'other', undefined)).toThrow(expect.objectContaining({kind: 'notFound'}))
  })
})

test('of the files of the archive, segments count, and histories and partial ones do not', () => {
  const folder = '15-1/0000000100000000'
  const hash = '19e84c76d830288477e3968c8b876e5ea9d9aeda'
  const files = {
    '.': {type: 'path'},
    [`${folder}/000000010000000000000001-${hash}.gz`]: {type: 'file', size: 1, time: 1795356128},
    [`${folder}/000000010000000000000002-${hash}`]: {type: 'file', size: 1, time: 1795356129},
    [`${folder}/000000010000000000000002.00000028.backup`]: {type: 'file', size: 1, time: 1},
    [`${folder}/000000010000000000000003.partial-${hash}.gz`]: {type: 'file', size: 1, time: 1},
    '15-1/00000002.history': {type: 'file', size: 1, time: 1},
  }
  expect(readSegments(JSON.stringify(files)).map(({name}) => name)).toEqual(['000000010000000000000001', '000000010000000000000002'])
})

test.each([
  [29, 'ERROR: [029]: raised from local-1 protocol: zlib threw error: [-3] data error', 'corrupt'],
  [55, "ERROR: [055]: unable to open missing file '/repo/backup/main/F/pg_data/base/5/3379.gz' for read", 'corrupt'],
  [68, "ERROR: [068]: archive_command 'false' must contain pgbackrest", 'incompatible'],
  [50, "ERROR: [050]: unable to acquire lock on file '/tmp/main-backup.lock'", 'locked'],
  [56, 'ERROR: [056]: unable to find primary cluster - cannot proceed', 'unreachable'],
  [37, 'ERROR: [037]: check command requires option: pg1-path', 'usage'],
  [75, 'ERROR: [075]: backup set nope is not valid', 'notFound'],
  [41, "ERROR: [041]: unable to open file '/repo': [13] Permission denied", 'denied'],
  [64, "ERROR: [064]: unable to write '/repo': [28] No space left on device", 'noSpace'],
  [99, 'ERROR: [099]: something new', 'failed'],
])('exit code %i (%s) is %s', (exitCode, stderr, kind) => {
  const error = explainPgbackrest(new ProgramFailure('pgbackrest', {exitCode, stderr}), 'It')
  expect(error).toMatchObject({kind, message: expect.not.stringContaining('raised from')})
})

test('a pgBackRest that is not installed is named with its package', () => {
  const error = explainPgbackrest(new ProgramFailure('pgbackrest', {stderr: '', missing: true}), 'It')
  expect(error).toMatchObject({kind: 'unreachable', hint: expect.stringContaining('apt-get install pgbackrest')})
})

describe('a server that ended while it recovered', () => {
  const at = new Date('2026-11-22T10:00:00Z')

  test('for want of log says of when the last transaction is', () => {
    const log = `LOG:  last completed transaction was at log time 2026-11-22 09:30:00+00
FATAL:  recovery ended before configured recovery target was reached`
    expect(explainLog(log, at)).toMatchObject({kind: 'notFound', message: expect.stringContaining('2026-11-22 09:30:00+00')})
  })

  test.each([
    ['FATAL:  WAL ends before end of online backup', 'notFound'],
    ['FATAL:  could not locate required checkpoint record', 'notFound'],
    ['ERROR: [026]: raised from local: checksum mismatch\nFATAL:  recovery ended before configured recovery target was reached', 'corrupt'],
    ['PANIC:  could not write to file: No space left on device', 'noSpace'],
    ['FATAL:  something new', 'failed'],
  ])('%s: %s', (log, kind) => {
    expect(explainLog(log, at).kind).toBe(kind)
  })
})

test('sections of the configuration are read with comments, spaces and sections of commands apart', () => {
  const sections = parseSections(
    '# note\n[global]\nrepo1-path = /repo\n#repo1-cipher-pass=x\n[main]\npg1-path=/data\n[main:backup]\nprocess-max=4\n',
  )
  expect(sections.get('global')?.get('repo1-path')).toBe('/repo')
  expect(sections.get('main')?.get('pg1-path')).toBe('/data')
  expect([...sections.keys()]).toEqual(['global', 'main', 'main:backup'])
})

test('words of the restore command are quoted for the shell, and percent signs for PostgreSQL', () => {
  expect(restoreCommandOf(['pgbackrest', '--config=/etc/my conf/50%.conf', 'archive-get'])).toBe(
    `pgbackrest '--config=/etc/my conf/50%%.conf' archive-get %f "%p"`,
  )
})

describe('expire', () => {
  const log = `P00   INFO: [DRY-RUN] expire command begin 2.45: --repo1-retention-full=1
P00   INFO: [DRY-RUN] repo1: expire full backup set 20261122-170303F, 20261122-170303F_20261122-170307I
P00   INFO: [DRY-RUN] repo1: remove expired backup 20261122-170303F_20261122-170307I
P00   INFO: [DRY-RUN] repo1: remove expired backup 20261122-170303F
P00   INFO: [DRY-RUN] repo2: remove expired backup 20261120-170303F`

  test('a dry run names what would go from the repository that is asked about', () => {
    expect(readExpiry(log, 1)).toEqual({
      labels: ['20261122-170303F_20261122-170307I', '20261122-170303F'],
      setting: 'repo1-retention-full',
      isSet: true,
    })
    expect(readExpiry(log, 2)).toMatchObject({labels: ['20261120-170303F'], setting: 'repo2-retention-full'})
  })

  test('a repository without a limit is known from its warning', () => {
    const warning =
      "WARN: [DRY-RUN] option 'repo1-retention-full' is not set for 'repo1-retention-full-type=count', the repository may run out of space"
    expect(readExpiry(warning, 1)).toMatchObject({labels: [], isSet: false})
  })
})
