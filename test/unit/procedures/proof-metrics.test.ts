import {beforeEach, expect, test} from 'vitest'
import type {JobName} from '../../../src/lib/domain/job.ts'
import type {RunFigures} from '../../../src/lib/domain/job-metrics.ts'
import {remember} from '../../../src/lib/procedures/attend.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

let ports: FakePorts

beforeEach(() => {
  ports = new FakePorts()
})

const receivers = {heartbeatUrl: null, slackUrl: null, webhookUrls: [], textfileFolder: '/textfile', pushgatewayUrl: null}

async function end(job: JobName, exitCode: number, figures: RunFigures = {}): Promise<void> {
  const timing = {run: '7c1d0f5e-0000-4000-8000-000000000000', startedAt: ports.clock.now()}
  expect(await remember({job, receivers}, ports, {exitCode, text: 'what it said', figures}, timing)).toEqual([])
}

const text = () => ports.shared.files.get('/textfile/sparkone-shop-production.prom') ?? ''
const told = (name: string) => Number(new RegExp(`^sparkone_backup_${name}\\{.*\\} (\\S+)$`, 'm').exec(text())?.[1])
const at = (time: string) => Date.parse(`2026-11-22T${time}Z`) / 1000

test('the metrics tell of a proof that sync took from elsewhere, with the time when it was made', async () => {
  await end('sync', 0, {proven: at('09:00'), restore: 33})
  expect([told('last_proof_timestamp_seconds'), told('last_proof_passed'), told('rto_seconds')]).toEqual([at('09:00'), 1, 33])
  await end('sync', 0)
  expect(told('last_proof_timestamp_seconds')).toBe(at('09:00'))
})

test('the metrics keep the newest proof: what sync takes may be older than the proof that was made here, or than the one that failed', async () => {
  await end('verify', 0, {restore: 20})
  await end('sync', 0, {proven: at('09:00'), restore: 33})
  expect([told('last_proof_timestamp_seconds'), told('rto_seconds')]).toEqual([at('10:00'), 20])
  ports.clock.advance(3_600_000)
  await end('verify', 13)
  await end('sync', 0, {proven: at('10:30'), restore: 33})
  expect([told('last_proof_timestamp_seconds'), told('last_proof_passed')]).toEqual([at('10:00'), 0])
  await end('sync', 0, {proven: at('11:30'), restore: 33})
  expect([told('last_proof_timestamp_seconds'), told('last_proof_passed')]).toEqual([at('11:30'), 1])
})

test('the metrics tell of a proof that a drill made, whatever became of the rest of it, and of one that failed', async () => {
  await end('drill', 2, {proven: at('10:00'), restore: 33})
  expect([told('last_proof_timestamp_seconds'), told('last_proof_passed'), told('rto_seconds')]).toEqual([at('10:00'), 1, 33])
  await end('drill', 13)
  expect([told('last_proof_timestamp_seconds'), told('last_proof_passed')]).toEqual([at('10:00'), 0])
})

test('the metrics of other proofs do not make it look as if verify had run', async () => {
  await end('drill', 0, {proven: at('10:00')})
  expect(await ports.jobBook.read('verify')).toMatchObject({last: null, goodAt: null, settledAt: null})
  expect(text()).not.toContain('job_name="verify"')
})
