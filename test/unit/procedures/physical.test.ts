import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {judgePhysical} from '../../../src/lib/procedures/health/physical.ts'
import {backupPhysically} from '../../../src/lib/procedures/physical/backup.ts'
import {listPhysical} from '../../../src/lib/procedures/physical/list.ts'
import {restorePhysically} from '../../../src/lib/procedures/physical/restore.ts'
import {undoPhysically} from '../../../src/lib/procedures/physical/undo-restore.ts'
import {verifyPhysically} from '../../../src/lib/procedures/physical/verify.ts'
import {physicalBackup, segmentName} from '../../support/fakes/physical.ts'
import type {FakePorts} from '../../support/fakes/ports.ts'
import {actsOf, archivingPorts, failure, nightly, options} from '../../support/physical-run.ts'

const policy = {fullEveryMilliseconds: 7 * 86_400_000, between: 'diff'} as const
const at = new Date('2026-11-22T09:00:00Z')
let ports: FakePorts

beforeEach(() => {
  ports = archivingPorts()
})

const restoreAt = (time: Date) => perform(restorePhysically, {at: time}, ports, options)
const acted = () => actsOf(ports)

describe('backup', () => {
  const backUp = () => perform(backupPhysically, {type: null, policy}, ports, options)

  test('a backup counts once the engine lists it', async () => {
    const {result} = await backUp()
    expect(result?.backup.label).toBe(ports.engine.next?.label)
    expect(acted()).toEqual(['backup diff'])
  })

  test.each([
    ['off', 'pgbackrest', 'archive_mode is off'],
    ['on', '', 'archive_command is empty'],
    ['on', 'cp %p /archive/%f', 'does not call pgBackRest'],
  ])('archive_mode %s with command "%s" is refused with what to set', async (archiveMode, archiveCommand, reason) => {
    ports.postgres.log = {...ports.postgres.log, archiveMode, archiveCommand}
    const error = await failure(backUp())
    expect(error).toMatchObject({exitCode: 6, message: expect.stringContaining(reason), hint: expect.stringContaining('archive-push %p')})
    expect(acted()).toEqual([])
  })

  test('an engine that ended well and lists nothing new has failed', async () => {
    ports.engine.next = null
    expect(await failure(backUp())).toMatchObject({exitCode: 13})
  })

  test('pages with wrong checksums make it a failure, however well the engine ended', async () => {
    ports.engine.next = {...ports.engine.next!, damaged: true}
    expect(await failure(backUp())).toMatchObject({exitCode: 13, message: expect.stringContaining('checksums')})
  })
})

describe('verify', () => {
  const verify = (time: Date | null = null) => perform(verifyPhysically, {selector: 'latest', at: time}, ports, options)

  test('a proof counts every row of every database and is kept', async () => {
    const {result} = await verify()
    expect(result?.proof).toMatchObject({id: nightly.label, passed: true, tables: 2, rows: 7})
    expect(ports.engine.proofs).toEqual([result?.proof])
    expect(ports.engine.disposed).toBe(1)
  })

  test.each(['corrupt', 'notFound', 'failed'] as const)('a recovery that ends with %s is a proof that failed', async (kind) => {
    ports.engine.failing.recover = new OperatorError(kind, 'No such luck.')
    const {result} = await verify()
    expect(result?.proof).toMatchObject({passed: false, differences: [{actual: 'No such luck.', severity: 'fatal'}]})
  })

  test('a missing segment of the backup itself is named in the proof that failed', async () => {
    ports.engine.segments = ports.engine.segments.slice(1)
    const {result} = await verify()
    expect(result?.proof).toMatchObject({passed: false, differences: [{actual: expect.stringContaining(segmentName(2))}]})
    expect(ports.engine.recoveries).toEqual([])
  })

  test('a full disk says nothing against the backup', async () => {
    ports.engine.failing.recover = new OperatorError('noSpace', 'Full.')
    expect(await failure(verify())).toMatchObject({exitCode: 12})
    expect(ports.engine.proofs).toEqual([])
  })

  test('a time that the archive does not reach says nothing against the backup', async () => {
    ports.engine.failing.recover = new OperatorError('notFound', 'The archive ends before.')
    expect(await failure(verify(at))).toMatchObject({exitCode: 9})
    expect(ports.engine.proofs).toEqual([])
  })
})

describe('restore to a time', () => {
  test('is recovered and proven beside before the server stops', async () => {
    const {result} = await restoreAt(at)
    expect(acted()).toEqual([
      'recover',
      'keep',
      'stop',
      '/data/main -> /data/main_before_20261122T100000Z',
      '/data/main_recovering_000002 -> /data/main',
      'start',
    ])
    expect(result).toMatchObject({swapped: true, kept: '/data/main_before_20261122T100000Z', commands: []})
    expect(ports.engine.recoveries).toMatchObject([{at, timeline: 1, beside: '/data/main_recovering_000002'}])
  })

  test('without commands for stop and start the server is left alone, and what remains is told', async () => {
    ports.engine.state = {...ports.engine.state, canSwap: false}
    const {result} = await restoreAt(at)
    expect(acted()).toEqual(['recover', 'keep', '/data/main_recovering_000002 -> /data/main_recovered_20261122T100000Z'])
    expect(result).toMatchObject({swapped: false, folder: '/data/main_recovered_20261122T100000Z'})
    expect(result?.commands).toContain('mv /data/main_recovered_20261122T100000Z /data/main')
  })

  test('a recovery that fails leaves the server running', async () => {
    ports.engine.failing.recover = new OperatorError('corrupt', 'Damaged.')
    expect(await failure(restoreAt(at))).toMatchObject({exitCode: 13})
    expect(acted()).toEqual(['recover'])
  })

  test('a server that does not come up gets its old data back', async () => {
    let starts = 0
    Object.defineProperty(ports.engine.failing, 'start', {
      get: () => (++starts === 1 ? new OperatorError('failed', 'It did not start.') : undefined),
    })
    const error = await failure(restoreAt(at))
    expect(error).toMatchObject({exitCode: 8, message: expect.stringContaining('The old data is back')})
    expect(acted().slice(-4)).toEqual([
      'stop',
      '/data/main -> /data/main_recovering_000002',
      '/data/main_before_20261122T100000Z -> /data/main',
      'start',
    ])
  })

  test('a server that does not stop keeps its data', async () => {
    ports.engine.failing.stop = new OperatorError('failed', 'It still runs.')
    expect(await failure(restoreAt(at))).toMatchObject({exitCode: 2})
    expect(acted()).toEqual(['recover', 'keep', 'stop'])
  })

  test('what a recovery left that died is removed first', async () => {
    ports.engine.state = {
      ...ports.engine.state,
      siblings: ['main_recovering_0a1b2c', 'main_recovering_notes', 'main_before_20261101T000000Z'],
    }
    await restoreAt(at)
    expect(acted().filter((event) => event.startsWith('discard'))).toEqual(['discard /data/main_recovering_0a1b2c'])
  })

  test.each([
    ['a time to come', () => {}, new Date('2026-11-22T12:00:00Z'), 3],
    ['a standby', () => (ports.postgres.log.inRecovery = true), at, 6],
    ['tablespaces', () => (ports.postgres.log.tablespaces = 1), at, 6],
    ['a mount point', () => (ports.engine.state = {...ports.engine.state, movable: false}), at, 4],
    ['a full disk', () => (ports.engine.state = {...ports.engine.state, freeBytes: 1_000_000}), at, 12],
    ['a time before all backups', () => {}, new Date('2026-11-21T00:00:00Z'), 9],
  ])('%s is refused before anything is done', async (_, arrange, time, exitCode) => {
    arrange()
    expect(await failure(restoreAt(time))).toMatchObject({exitCode})
    expect(acted()).toEqual([])
  })

  test('an archive that does not take the newest log ends it', async () => {
    ports.postgres.log.archives = false
    expect(await failure(restoreAt(at))).toMatchObject({exitCode: 2, message: expect.stringContaining('did not archive')})
    expect(acted()).toEqual([])
  })

  test('a server that is down is recovered all the same', async () => {
    ports.postgres.answers = new Map()
    const query = ports.postgres.query.bind(ports.postgres)
    let started = false
    ports.postgres.query = async (database, sql) => {
      if (!started && !ports.events.includes('start')) throw new OperatorError('unreachable', 'It is down.')
      started = true
      return query(database, sql)
    }
    ports.engine.state = {...ports.engine.state, running: false}
    const {result} = await restoreAt(at)
    expect(result?.swapped).toBe(true)
    expect(acted()).not.toContain('stop')
    expect(ports.engine.recoveries[0]?.timeline).toBe(1)
  })
})

describe('undo', () => {
  const undo = () => perform(undoPhysically, {}, ports, options)

  test('the newest kept folder comes back and the present one is kept', async () => {
    ports.engine.state = {...ports.engine.state, siblings: ['main_before_20261120T000000Z', 'main_before_20261121T000000Z']}
    await undo()
    expect(acted()).toEqual([
      'stop',
      '/data/main -> /data/main_before_20261122T100000Z',
      '/data/main_before_20261121T000000Z -> /data/main',
      'start',
    ])
  })

  test('a run that was killed between the two renames is put right, too', async () => {
    ports.engine.state = {
      ...ports.engine.state,
      exists: false,
      running: false,
      siblings: ['main_before_20261122T095900Z', 'main_recovering_00000f'],
    }
    const {result} = await undo()
    expect(acted()).toEqual(['/data/main_before_20261122T095900Z -> /data/main', 'start'])
    expect(result?.kept).toBeNull()
  })

  test('without a kept folder there is nothing to undo', async () => {
    expect(await failure(undo())).toMatchObject({exitCode: 9})
  })

  test('without commands for stop and start it says what to do by hand', async () => {
    ports.engine.state = {...ports.engine.state, canSwap: false, siblings: ['main_before_20261121T000000Z']}
    expect(await failure(undo())).toMatchObject({
      exitCode: 4,
      details: expect.arrayContaining(['mv /data/main_before_20261121T000000Z /data/main']),
    })
  })
})

test('a list shows backups newest first, the times in between, and kept folders', async () => {
  ports.engine.state = {...ports.engine.state, siblings: ['main_before_20261121T000000Z', 'base']}
  expect(await listPhysical(ports)).toMatchObject({
    backups: [{label: nightly.label}],
    windows: [{from: nightly.finishedAt, to: new Date('2026-11-22T08:04:00Z')}],
    kept: [{path: '/data/main_before_20261121T000000Z'}],
  })
})

describe('health', () => {
  const now = new Date('2026-11-22T10:00:00Z')
  const proof = {passed: true} as NonNullable<typeof nightly.proof>
  const seen = <Value>(value: Value) => ({seen: true as const, value, milliseconds: 1})
  const archiver = {sinceArchived: 30, failing: false, waiting: 0}
  const judge = (backups: (typeof nightly)[], archiving = archiver) =>
    judgePhysical({backups: seen(backups), archiving: seen(archiving)}, now, {backupMaxAgeMilliseconds: 26 * 3_600_000} as never)

  test.each([
    ['no backup', [], 'critical'],
    ['one of tonight that nobody proved', [nightly], 'warning'],
    ['one that failed its proof', [{...nightly, proof: {...proof, passed: false}}], 'critical'],
    ['one that is proven', [{...nightly, proof}], 'ok'],
    [
      'a proven one and a damaged one after it',
      [
        {...nightly, proof},
        {...nightly, damaged: true},
      ],
      'warning',
    ],
    ['a proven one of last week', [{...physicalBackup('2026-11-15T02:00:00Z'), proof}], 'critical'],
    ['a proven one of last week and an unproven one of tonight', [{...physicalBackup('2026-11-15T02:00:00Z'), proof}, nightly], 'warning'],
  ] as const)('with %s the backup is judged', (_, backups, status) => {
    expect(judge([...backups])[0]).toMatchObject({subject: 'backup', status})
  })

  test.each([
    [{sinceArchived: 30, failing: false, waiting: 2}, 'ok'],
    [{sinceArchived: 9000, failing: true, waiting: 2}, 'critical'],
    [{sinceArchived: 30, failing: false, waiting: 500}, 'warning'],
  ])('an archive of %o is judged %s', (archiving, status) => {
    expect(judge([nightly], archiving)[1]).toMatchObject({subject: 'archive', status})
  })
})
