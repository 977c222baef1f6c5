import {beforeEach, describe, expect, test} from 'vitest'
import {Calendar} from '../../../src/lib/domain/calendar.ts'
import {parseCron} from '../../../src/lib/config/cron-text.ts'
import type {JobSchedule} from '../../../src/lib/domain/schedule.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {attend, type Attendance, type JobOutcome} from '../../../src/lib/procedures/attend.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const heartbeat = 'https://ping.example/4f2a'
const minute = 60_000

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

const nightly: JobSchedule = {
  job: 'backup',
  text: '0 2 * * *',
  fields: parseCron('0 2 * * *')!,
  timeZone: 'UTC',
  calendar: new Calendar('UTC'),
  jitterMilliseconds: 0,
  retryMilliseconds: 30 * minute,
  lateMilliseconds: 120 * minute,
}

function attendance(more: Partial<Attendance> = {}): Attendance {
  return {
    job: 'backup',
    schedule: null,
    waitMilliseconds: 5 * minute,
    minimumMilliseconds: null,
    maximumMilliseconds: null,
    skips: 3,
    receivers: {heartbeatUrl: null, slackUrl: null, webhookUrls: [], textfileFolder: null, pushgatewayUrl: null},
    secrets: [],
    ...more,
  }
}

const pinged = attendance({receivers: {...attendance().receivers, heartbeatUrl: heartbeat}})

function ended(exitCode = 0, more: Partial<JobOutcome> = {}): () => Promise<JobOutcome> {
  return async () => ({exitCode, text: 'what it said', figures: {}, ...more})
}

function answerPings(...events: string[]): void {
  for (const event of events) ports.network.answer(`${heartbeat}${event}?rid=00000000-0000-4000-8000-000000000001`, {})
}

const pings = () => ports.network.posted.map(({url}) => new URL(url).pathname)

describe('a job with a schedule', () => {
  test('runs when it is due, is remembered, and does not run again', async () => {
    expect(await attend(attendance({schedule: nightly}), ports, ended())).toMatchObject({outcome: {exitCode: 0}, quiet: false})
    const again = await attend(attendance({schedule: nightly}), ports, () => Promise.reject(new Error('It ran.')))
    expect(again).toMatchObject({outcome: null, quiet: true, remarks: [expect.stringContaining('Not due: it ran at 2026-11-22T10:00:00')]})
  })

  test('waits for a database that comes up after it', async () => {
    ports.unreachable = new OperatorError('unreachable', 'Connection refused.')
    const {clock} = ports
    const sleep = clock.sleep.bind(clock)
    clock.sleep = async (milliseconds, signal) => {
      await sleep(milliseconds, signal)
      if (clock.elapsed() >= 3000) ports.unreachable = null
    }
    await attend(attendance({schedule: nightly}), ports, async () => {
      expect(ports.unreachable).toBeNull()
      return ended()()
    })
    expect(clock.elapsed()).toBe(3000)
  })

  test('waits no longer than its limit, and then says itself what is wrong', async () => {
    ports.unreachable = new OperatorError('unreachable', 'Connection refused.')
    expect(await attend(attendance({schedule: nightly}), ports, ended(10))).toMatchObject({outcome: {exitCode: 10}})
    expect(ports.clock.elapsed()).toBe(5 * minute)
  })

  test('does not wait for what waiting cannot mend', async () => {
    ports.unreachable = new OperatorError('denied', 'The password is wrong.')
    await attend(attendance({schedule: nightly}), ports, ended(11))
    expect(ports.clock.elapsed()).toBe(0)
  })
})

test('a job without a schedule runs each time it is called, at once', async () => {
  ports.unreachable = new OperatorError('unreachable', 'Connection refused.')
  for (const exitCode of [10, 10]) expect(await attend(attendance(), ports, ended(exitCode))).toMatchObject({outcome: {exitCode}})
  expect(ports.clock.elapsed()).toBe(0)
})

describe('a heartbeat', () => {
  test('tells of the beginning and of the end of a run that went well', async () => {
    answerPings('/start', '')
    expect(await attend(pinged, ports, ended())).toMatchObject({troubles: []})
    expect(pings()).toEqual(['/4f2a/start', '/4f2a'])
    expect(ports.network.posted[1]!.body).toBe('what it said')
  })

  test.each([1, 2, 10, 13, 143])('tells of exit code %i', async (exitCode) => {
    answerPings('/start', `/${exitCode}`)
    await attend(pinged, ports, ended(exitCode))
    expect(pings()).toEqual(['/4f2a/start', `/4f2a/${exitCode}`])
  })

  test.each([
    ['is down', new OperatorError('unreachable', 'Connection refused.')],
    ['is slow', new OperatorError('timeout', 'No answer within 2.5 s.')],
    ['answers 500', {status: 500}],
    ['answers 404', {status: 404}],
  ] as const)('that %s changes nothing of how a run ends, and is told of without its address', async (_, answer) => {
    for (const event of ['/start', '']) ports.network.answer(`${heartbeat}${event}?rid=00000000-0000-4000-8000-000000000001`, answer)
    const {outcome, troubles} = await attend(pinged, ports, ended())
    expect(outcome).toMatchObject({exitCode: 0})
    expect(troubles).toHaveLength(2)
    expect(troubles.join()).toMatch(/^the heartbeat was not told: /)
    expect(troubles.join()).not.toContain('4f2a')
  })

  test('stays within five pings a minute, even when every one fails', async () => {
    await attend(pinged, ports, ended())
    expect(pings().length).toBeLessThanOrEqual(5)
  })

  test('carries the end of a long log, at most 10 kB, and no secret', async () => {
    answerPings('/start', '/2')
    const text = `${'ü'.repeat(9000)} password hunter2 at postgres://shop:hunter2@db/shop and https://u:p4ss@x/ the end`
    await attend({...pinged, secrets: ['hunter2']}, ports, ended(2, {text}))
    const {body} = ports.network.posted[1]!
    expect(new TextEncoder().encode(body).length).toBeLessThanOrEqual(10_000)
    expect(body).toMatch(/the end$/)
    expect(body).not.toMatch(/hunter2|p4ss|\uFFFD/)
  })
})

describe('a run of unusual length', () => {
  const lasting = (milliseconds: number) => async () => {
    ports.clock.advance(milliseconds)
    return ended()()
  }

  test('ends with a warning when it was too short to have done its work', async () => {
    const attended = await attend(attendance({minimumMilliseconds: minute}), ports, lasting(2000))
    expect(attended).toMatchObject({outcome: {exitCode: 1}, remarks: ['It took 2 s, less than the 1m that its work takes at least.']})
  })

  test('ends with a warning when it took too long', async () => {
    const attended = await attend(attendance({maximumMilliseconds: minute}), ports, lasting(3 * minute))
    expect(attended).toMatchObject({outcome: {exitCode: 1}, remarks: ['It took 3m, more than the 1m that it may take.']})
  })

  test('that failed is a failure, and its length says nothing', async () => {
    expect(await attend(attendance({minimumMilliseconds: minute}), ports, ended(10))).toMatchObject({outcome: {exitCode: 10}, remarks: []})
  })
})

describe('a run that finds the lock held', () => {
  test('is skipped without a word until that happened three times in a row', async () => {
    const quiet: boolean[] = []
    for (let fire = 1; fire <= 3; fire += 1) quiet.push((await attend(attendance(), ports, ended(5))).quiet)
    expect(quiet).toEqual([true, true, false])
  })

  test('is not remembered as a run, and does not ring the heartbeat before the third time', async () => {
    for (const run of [1, 2, 3]) {
      for (const event of ['/start', '/fail'])
        ports.network.answer(`${heartbeat}${event}?rid=00000000-0000-4000-8000-00000000000${run}`, {})
    }
    for (let fire = 1; fire <= 3; fire += 1) await attend(pinged, ports, ended(5))
    expect(pings()).toEqual(['/4f2a/start', '/4f2a/start', '/4f2a/start', '/4f2a/fail'])
    expect((await ports.jobBook.read('backup')).last).toBeNull()
  })

  test('counts from the beginning after a run that got through', async () => {
    for (const exitCode of [5, 5, 0, 5]) await attend(attendance(), ports, ended(exitCode))
    expect((await ports.jobBook.read('backup')).skips).toBe(1)
  })

  test('of two that are called at once one runs and the other is skipped', async () => {
    let runs = 0
    const both = await Promise.all(
      [1, 2].map(() =>
        attend(attendance({schedule: nightly}), ports, async () => {
          runs += 1
          return ended()()
        }),
      ),
    )
    expect(runs).toBe(1)
    expect(both.map(({outcome}) => outcome?.exitCode).toSorted()).toEqual([0, 5])
  })
})

describe('metrics', () => {
  const text = () => ports.shared.files.get('/textfile/sparkone-shop-production.prom') ?? ''
  const measured = attendance({receivers: {...attendance().receivers, textfileFolder: '/textfile'}})
  const figures = {bytes: 4096, rows: 8, seconds: 12.5}

  test('tell of a backup: when, how large, how long, and what was at stake', async () => {
    await attend(measured, ports, ended(0, {figures}))
    ports.clock.advance(24 * 60 * minute)
    await attend(measured, ports, ended(0, {figures}))
    const labels = '{project="shop",environment="production"}'
    expect(text()).toContain(`sparkone_backup_last_success_timestamp_seconds${labels} ${Date.parse('2026-11-23T10:00Z') / 1000}\n`)
    expect(text()).toContain(`sparkone_backup_bytes${labels} 4096\n`)
    expect(text()).toContain(`sparkone_backup_rows${labels} 8\n`)
    expect(text()).toContain(`sparkone_backup_duration_seconds${labels} 12.5\n`)
    expect(text()).toContain(`sparkone_backup_rpo_seconds${labels} 86400\n`)
    expect(text()).not.toContain('offsite')
  })

  test('of a failed run keep the last success, and show its exit code', async () => {
    await attend(measured, ports, ended(0, {figures}))
    const [success] = /^sparkone_backup_last_success.*$/m.exec(text())!
    ports.clock.advance(60 * minute)
    await attend(measured, ports, ended(10))
    expect(text()).toContain(success)
    expect(text()).toContain('sparkone_job_last_exit_code{project="shop",environment="production",job_name="backup"} 10')
  })

  test('tell of copies off-site only when every target has confirmed its own', async () => {
    await attend(measured, ports, ended(1, {figures: {...figures, offsite: 0}}))
    expect(text()).not.toContain('offsite')
    await attend(measured, ports, ended(0, {figures: {...figures, offsite: 1}}))
    expect(text()).toContain('sparkone_backup_last_offsite_timestamp_seconds')
  })

  test('tell of a proof, and of one that failed', async () => {
    const verify = {...measured, job: 'verify' as const}
    await attend(verify, ports, ended(0, {figures: {restore: 33}}))
    expect(text()).toContain('sparkone_backup_last_proof_passed{project="shop",environment="production"} 1')
    expect(text()).toContain('sparkone_backup_rto_seconds{project="shop",environment="production"} 33')
    const [proof] = /^sparkone_backup_last_proof_timestamp.*$/m.exec(text())!
    ports.clock.advance(minute)
    await attend(verify, ports, ended(13))
    expect(text()).toContain('sparkone_backup_last_proof_passed{project="shop",environment="production"} 0')
    expect(text()).toContain(proof)
  })

  test('that cannot be written are a line, and no failed backup', async () => {
    ports.shared.failing = new OperatorError('denied', '/textfile cannot be used: permission denied.')
    const {outcome, troubles} = await attend(measured, ports, ended(0, {figures}))
    expect(outcome!.exitCode).toBe(0)
    expect(troubles).toEqual(['The metrics were not written: /textfile cannot be used: permission denied.'])
  })
})

test('a memory that cannot be written is a line, and no failed backup', async () => {
  ports.jobBook.failing = new OperatorError('noSpace', 'No space is left.')
  expect(await attend(attendance(), ports, ended())).toMatchObject({
    outcome: {exitCode: 0},
    troubles: ['That it ran could not be remembered: No space is left.'],
  })
})
