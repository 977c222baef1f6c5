import {beforeEach, describe, expect, test} from 'vitest'
import {perform} from '../../../src/lib/change.ts'
import type {JournalEntry} from '../../../src/lib/domain/journal.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {diagnose} from '../../support/doctor-run.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {rejection} from '../../support/folder.ts'

const at = '2026-11-22T10:00:00.000Z'

let ports: FakePorts

beforeEach(() => {
  // A clock that stands still, so that no probe runs out of time.
  ports = Object.assign(new FakePorts(), {clock: new FakeClock()})
})

async function statusOf(subject: string): Promise<{status: string; message: string; hint?: string | undefined}[]> {
  const findings = await diagnose(ports, {}, subject)
  return findings.map(({status, message, hint}) => ({status, message, hint}))
}

function entry(run: string, phase: JournalEntry['phase']): JournalEntry {
  return {at, run, command: 'backup', phase, project: 'shop', environment: 'production', actor: 'operator@server', detail: {}}
}

describe('keys', () => {
  test('that nobody has shown to decrypt are critical, and keep backups from being made', async () => {
    ports.keys.keys = [{recipient: 'age1x', confirmedAt: null}]
    expect(await statusOf('encryption')).toMatchObject([{status: 'critical', hint: 'sparkone encryption challenge'}])
    const refusal = await rejection(perform(backup, {allowEmpty: false}, ports, {dryRun: false, lockWaitMilliseconds: 0}), OperatorError)
    expect(refusal).toMatchObject({kind: 'refused', details: ['recipient age1x']})
    expect([await ports.sets.list(), ports.sets.drafts.size]).toEqual([[], 0])
  })

  test('of which one was shown to decrypt let backups be made, and the other is named', async () => {
    ports.keys.keys = [
      {recipient: 'age1x', confirmedAt: at},
      {recipient: 'age1y', confirmedAt: null},
    ]
    expect(await statusOf('encryption')).toMatchObject([{status: 'critical', message: expect.stringContaining('age1y')}])
    await perform(backup, {allowEmpty: false}, ports, {dryRun: false, lockWaitMilliseconds: 0})
    expect(await ports.sets.list()).toHaveLength(1)
  })

  test('are warned of when there is but one, and when the private one lies where backups are written', async () => {
    ports.keys.keys = [{recipient: 'age1x', confirmedAt: at}]
    ports.keys.hasIdentities = true
    expect((await statusOf('encryption')).map(({status}) => status)).toEqual(['warning', 'warning'])
  })

  test('are in order when two were shown to decrypt and none lies here', async () => {
    ports.keys.keys = ['age1x', 'age1y'].map((recipient) => ({recipient, confirmedAt: at}))
    expect(await statusOf('encryption')).toMatchObject([{status: 'ok'}])
  })
})

test('a server that does not answer is critical, since no backup can be made', async () => {
  ports.unreachable = new OperatorError('unreachable', 'Connection refused.')
  expect(await statusOf('server')).toMatchObject([{status: 'critical', message: expect.stringContaining('Connection refused')}])
})

test('a set that is not whole is named with the reason', async () => {
  ports.sets.brokenSets = [{location: '/backups/x', reason: 'its manifest is missing'}]
  expect(await statusOf('backups')).toMatchObject([{status: 'warning', message: '/backups/x is no whole backup: its manifest is missing'}])
})

describe('the journal', () => {
  test('tells of a run that was cut short', async () => {
    ports.log.written.push(entry('a', 'intent'), entry('a', 'outcome'), entry('b', 'intent'))
    expect(await statusOf('journal')).toMatchObject([{status: 'warning', message: expect.stringContaining('run b')}])
  })

  test('tells nothing of one after which another came to its end and cleaned up', async () => {
    ports.log.written.push(entry('b', 'intent'), entry('c', 'intent'), entry('c', 'outcome'))
    expect(await statusOf('journal')).toMatchObject([{status: 'ok'}])
  })
})
