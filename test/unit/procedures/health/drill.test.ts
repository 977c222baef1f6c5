import {describe, expect, test} from 'vitest'
import type {DrillReport} from '../../../../src/lib/domain/drill.ts'
import type {HealthInput} from '../../../../src/lib/domain/health.ts'
import {judgeDrill} from '../../../../src/lib/procedures/health/drill.ts'

const day = 86_400_000
const now = new Date('2026-11-22T10:00:00Z')
const input = (expected: boolean) => ({drill: {maxAgeMilliseconds: 35 * day, expected}}) as HealthInput

const report: DrillReport = {
  format: 1,
  id: '20261121T020000Z-3f9a1c',
  from: 's3://vault',
  startedAt: new Date(now.getTime() - 3 * day).toISOString(),
  passed: true,
  failures: [],
  checks: [],
  recoveryTimeSeconds: 252,
  recoveryPointSeconds: 28_800,
  objectives: {recoveryTimeSeconds: 3600, recoveryPointSeconds: 86_400},
  met: true,
}

const judge = (value: DrillReport | null, expected = false) => judgeDrill({seen: true, value} as never, now, input(expected))

describe('the last drill', () => {
  test('is well when it met its objectives, which are told with what was measured', () => {
    expect(judge(report)).toMatchObject([
      {status: 'ok', message: expect.stringContaining('3d ago, met its objectives: back in 4m 12s of 1h, data 8h of 24h old')},
    ])
  })

  test('is critical when it failed, and says why', () => {
    const failed = {...report, passed: false, met: false, recoveryTimeSeconds: null, failures: ['orders: expected >= 1, found 0']}
    expect(judge(failed)).toMatchObject([{status: 'critical', message: expect.stringContaining('failed: orders: expected >= 1, found 0')}])
  })

  test('is a warning when it missed its objectives, or is too long ago', () => {
    expect(judge({...report, met: false})).toMatchObject([{status: 'warning', hint: 'sparkone drill'}])
    const old = {...report, startedAt: new Date(now.getTime() - 36 * day).toISOString()}
    expect(judge(old)).toMatchObject([{status: 'warning', message: expect.stringContaining('more than 35d old')}])
  })

  test('is missed only where drills run by schedule', () => {
    expect(judge(null)).toEqual([])
    expect(judge(null, true)).toMatchObject([{status: 'warning', message: 'no drill was ever made'}])
  })

  test('is unknown when its report cannot be read', () => {
    expect(judgeDrill({seen: false, reason: 'failed', message: 'permission denied'} as never, now, input(false))).toMatchObject([
      {status: 'unknown'},
    ])
  })
})
