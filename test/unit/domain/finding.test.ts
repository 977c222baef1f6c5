import {describe, expect, test} from 'vitest'
import {exitCodeOf, statuses, worst, worstFirst, type Finding, type Status} from '../../../src/lib/domain/finding.ts'

const finding = (status: Status, subject = 'x'): Finding => ({subject, status, message: ''})

describe('the verdict', () => {
  test('of nothing seen is unknown, never ok', () => {
    expect(worst([])).toBe('unknown')
  })

  test.each<[Status, Status[]]>([
    ['ok', ['ok', 'ok']],
    ['unknown', ['ok', 'unknown']],
    ['warning', ['unknown', 'warning', 'ok']],
    ['critical', ['warning', 'critical', 'unknown']],
  ])('is %s when the worst of %j is', (verdict, seen) => {
    expect(worst(seen.map((status) => finding(status)))).toBe(verdict)
    expect(worst(seen.toReversed().map((status) => finding(status)))).toBe(verdict)
  })

  test('has the exit code that Nagios knows', () => {
    expect(statuses.map((status) => [status, exitCodeOf(status)])).toEqual([
      ['ok', 0],
      ['unknown', 3],
      ['warning', 1],
      ['critical', 2],
    ])
  })
})

test('findings are shown worst first, and those of one status as they came', () => {
  const sorted = worstFirst([
    finding('ok', 'a'),
    finding('critical', 'b'),
    finding('warning', 'c'),
    finding('critical', 'd'),
    finding('unknown', 'e'),
  ])
  expect(sorted.map(({subject}) => subject).join('')).toBe('bdcea')
})
