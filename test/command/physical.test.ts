import {beforeEach, describe, expect, test} from 'vitest'
import Backup from '../../src/commands/backup.ts'
import Accept from '../../src/commands/backup/accept.ts'
import Cleanup from '../../src/commands/backup/cleanup.ts'
import Keep from '../../src/commands/backup/keep.ts'
import Doctor from '../../src/commands/doctor.ts'
import Drill from '../../src/commands/drill.ts'
import Restore from '../../src/commands/restore.ts'
import Sync from '../../src/commands/sync.ts'
import Verify from '../../src/commands/verify.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {documentSchemas} from '../../src/lib/output/schemas/all.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {physicalBackup, segmentName} from '../support/fakes/physical.ts'
import {FakePorts} from '../support/fakes/ports.ts'

const settings = settingsWith({backup: {engine: 'pgbackrest', directory: '/var/backups'}})
const commands = {
  backup: Backup,
  'backup-accept': Accept,
  'backup-cleanup': Cleanup,
  'backup-keep': Keep,
  doctor: Doctor,
  drill: Drill,
  restore: Restore,
  sync: Sync,
  verify: Verify,
} as const
const at = '2026-11-22T09:00'
let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
  ports.engine.backups = [physicalBackup('2026-11-22T02:00:00Z')]
  ports.engine.segments = [{name: segmentName(2), archivedAt: new Date('2026-11-22T08:00:00Z')}]
})

async function run(verb: keyof typeof commands, argv: readonly string[], of = settings) {
  const {code, stdout, stderr} = await runCommand(commands[verb], verb, [...argv, '--json'], () => ports, of)
  const body = JSON.parse(stdout)
  expect(documentSchemas[verb]!.safeParse(body).error, stderr).toBeUndefined()
  return {code, body}
}

describe('with pgBackRest as the engine', () => {
  test('backup makes what changed since the full backup, and --type decides otherwise', async () => {
    expect(await run('backup', [])).toMatchObject({code: 0, body: {kind: 'physical'}})
    await run('backup', ['--type', 'full'])
    expect(ports.events.filter((event) => event.startsWith('backup '))).toEqual(['backup diff', 'backup full'])
  })

  test('verify proves the newest, and ends with 13 where that fails', async () => {
    expect(await run('verify', [])).toMatchObject({code: 0, body: {proof: {passed: true}}})
    ports.engine.failing.recover = new OperatorError('corrupt', 'A file is damaged.')
    expect(await run('verify', [])).toMatchObject({code: 13, body: {proof: {passed: false}}})
  })

  test('restore --list, --at and --undo are about the whole server', async () => {
    expect(await run('restore', ['--list'])).toMatchObject({code: 0, body: {backups: [{type: 'full'}], windows: [{}]}})
    expect(await run('restore', ['--at', at, '--yes'])).toMatchObject({code: 0, body: {swapped: true}})
    ports.engine.state = {...ports.engine.state, siblings: ['main_before_20261121T000000Z']}
    expect(await run('restore', ['--undo', '--yes'])).toMatchObject({code: 0, body: {broughtBack: '/data/main_before_20261121T000000Z'}})
  })

  test('the server is not stopped without consent', async () => {
    ports.confirmation.agrees = false
    expect(await run('restore', ['--at', at])).toMatchObject({code: 4})
    expect(ports.confirmation.asked).toMatchObject([{typed: 'main'}])
    expect(ports.events).not.toContain('stop')
  })

  test.each([
    ['backup', ['--tag', 'release-1']],
    ['restore', ['--at', 'yesterday', '--yes']],
    ['restore', ['--at', at, '--target', 'look', '--yes']],
    ['verify', ['--at', 'soon']],
  ] as const)('%s %j is refused as typed', async (verb, argv) => {
    expect(await run(verb, argv)).toMatchObject({code: 3})
  })

  test('restore --at latest recovers to the end of the archive', async () => {
    expect(await run('restore', ['--at', 'latest', '--yes'])).toMatchObject({
      code: 0,
      body: {swapped: true, at: '2026-11-22T09:55:00.000Z'},
    })
  })

  test.each(['latest', '20261122-020000F'])('restore %s says that it is a time that pgBackRest recovers to', async (selector) => {
    expect(await run('restore', [selector, '--yes'])).toMatchObject({code: 3, body: {error: {hint: expect.stringContaining('--at TIME')}}})
    expect(ports.events).not.toContain('stop')
  })

  test('verify without any backup says how to make one', async () => {
    ports.engine.backups = []
    expect(await run('verify', [])).toMatchObject({code: 9, body: {error: {hint: expect.stringContaining('sparkone backup makes one')}}})
  })

  test('restore --prune-old is about kept data folders', async () => {
    ports.engine.state = {...ports.engine.state, siblings: ['main_before_20261121T000000Z']}
    expect(await run('restore', ['--prune-old', '--keep', '0', '--yes'])).toMatchObject({
      code: 0,
      body: {kind: 'physical', removed: [{folder: '/data/main_before_20261121T000000Z'}], kept: []},
    })
    ports.engine.state = {...ports.engine.state, siblings: []}
    expect(await run('restore', ['--prune-old', '--yes'])).toMatchObject({code: 9})
  })

  test('drill recovers from the archive, and a place is refused', async () => {
    expect(await run('drill', [])).toMatchObject({code: 0, body: {report: {id: ports.engine.backups[0]!.label, passed: true}}})
    expect(await run('drill', ['--from', 'vault'])).toMatchObject({code: 3})
  })

  test('cleanup has pgBackRest expire, and is a warning where its setting is missing', async () => {
    expect(await run('backup-cleanup', ['--yes'])).toMatchObject({
      code: 0,
      body: {places: [{name: 'pgbackrest', failure: null}, {name: 'local'}]},
    })
    ports.engine.due = {...ports.engine.due, isSet: false}
    expect(await run('backup-cleanup', ['--yes'])).toMatchObject({
      code: 1,
      body: {places: [{failure: expect.stringContaining('repo1-retention-full is not set')}, {name: 'local'}]},
    })
  })

  test.each(['backup-keep', 'backup-accept'] as const)('%s of a label names the setting of pgBackRest instead', async (verb) => {
    expect(await run(verb, ['20261122-020000F'])).toMatchObject({
      code: 6,
      body: {error: {message: expect.stringContaining('repo1-retention-full')}},
    })
  })

  test('sync says that pgBackRest copies by itself', async () => {
    expect(await run('sync', [])).toMatchObject({code: 3, body: {error: {hint: expect.stringContaining('repo2')}}})
  })

  test('doctor has a segment archived, and says so when that fails', async () => {
    Object.assign(ports, {clock: new FakeClock()})
    expect((await run('doctor', [])).body.findings).toContainEqual(expect.objectContaining({subject: 'engine', status: 'ok'}))
    ports.engine.failing.check = new OperatorError('failed', 'Nothing arrives.')
    expect(await run('doctor', [])).toMatchObject({code: 2})
  })
})

test.each([
  ['backup', ['--type', 'full']],
  ['verify', ['--at', at]],
] as const)('%s %j is refused where dumps are made', async (verb, argv) => {
  expect(await run(verb, argv, settingsWith())).toMatchObject({code: 3, body: {error: {message: expect.stringContaining('pgBackRest')}}})
})
