import {expect, test} from 'vitest'
import {parseMoment} from '../../../src/lib/domain/moment.ts'

const now = new Date('2026-11-22T10:00:00Z')

test.each([
  ['2026-11-21T09:30', '2026-11-21T09:30:00.000Z'],
  ['2026-11-21 09:30:15', '2026-11-21T09:30:15.000Z'],
  ['2026-11-21T09:30:15+02:00', '2026-11-21T07:30:15.000Z'],
  ['2026-11-21', '2026-11-21T00:00:00.000Z'],
  ['2 hours ago', '2026-11-22T08:00:00.000Z'],
  ['1 day 2 hours ago', '2026-11-21T08:00:00.000Z'],
  ['90m ago', '2026-11-22T08:30:00.000Z'],
  ['3d ago', '2026-11-19T10:00:00.000Z'],
  ['1 week ago', '2026-11-15T10:00:00.000Z'],
])('%s is %s', (text, moment) => {
  expect(parseMoment(text, now)?.toISOString()).toBe(moment)
})

test.each(['', 'yesterday', '22.11.2026', '2026-13-01', '2026-11-21T25:00', 'two hours ago', '2 hours ahead', 'latest'])(
  '%j is no time',
  (text) => {
    expect(parseMoment(text, now)).toBeNull()
  },
)
