import {expect, test} from 'vitest'
import type {HealthReport} from '../../../../src/lib/domain/health.ts'
import {OperatorError} from '../../../../src/lib/errors.ts'
import {reportHealth, watchHealth} from '../../../../src/lib/procedures/health.ts'
import {healthyContainer} from '../../../support/fakes/watched-stack.ts'
import {HealthRun} from '../../../support/health-run.ts'

test('a report carries verdict, counts, time and what is not configured', async () => {
  const run = new HealthRun()
  run.stack.containers = [{...healthyContainer, health: 'unhealthy'}]
  expect(await reportHealth(run.input, run.ports())).toMatchObject({
    project: 'shop',
    environment: 'production',
    status: 'critical',
    at: '2026-11-22T10:00:00.000Z',
    milliseconds: 0,
    counts: {ok: 8, unknown: 0, warning: 0, critical: 1},
    notLookedAt: ['copies off-site (backup.offsite)', 'Prometheus (prometheus.url)'],
  })
})

test('a watch looks again after each interval until Ctrl-C, which ends it well', async () => {
  const run = new HealthRun()
  const reports: HealthReport[] = []
  const watched = watchHealth(run.input, run.ports(), 5000, (report) => reports.push(report))
  await expect.poll(() => reports.length).toBe(1)
  run.clock.advance(5000)
  await expect.poll(() => reports.length).toBe(2)
  run.abort.abort(new OperatorError('interrupted', 'Interrupted.'))
  expect(await watched).toBe(5000)
})

test('a watch that is terminated says so', async () => {
  const run = new HealthRun()
  run.abort.abort(new OperatorError('terminated', 'Terminated.'))
  await expect(watchHealth(run.input, run.ports(), 5000, () => {})).rejects.toMatchObject({kind: 'terminated'})
})
