import {describe, expect, test} from 'vitest'
import {Calendar} from '../../../src/lib/domain/calendar.ts'
import {logDateFormat} from '../../../src/lib/domain/log-date.ts'
import {isRotatedName, planAging, planRotation} from '../../../src/lib/domain/log-rotation.ts'
import {judgeLog, type LogRule} from '../../../src/lib/domain/log-rule.ts'
import {plainRule} from '../../support/log-rules.ts'

const utc = new Calendar('UTC')
const berlin = new Calendar('Europe/Berlin')
const at = (text: string) => Date.parse(text)
const day = 86_400_000

describe('a log is due', () => {
  const judge = (rule: Partial<LogRule>, last: string | null, now: string, bytes = 100, calendar = utc) =>
    judgeLog({bytes, lastAt: last === null ? null : at(last)}, {...plainRule, ...rule}, at(now), calendar)

  test.each<[string, Partial<LogRule>, string, string, boolean]>([
    ['hourly, in the same hour', {frequency: 'hourly'}, '2026-11-22T10:00Z', '2026-11-22T10:59Z', false],
    ['hourly, a minute later in the next', {frequency: 'hourly'}, '2026-11-22T10:59Z', '2026-11-22T11:00Z', true],
    ['daily, an hour later on the next day', {}, '2026-11-22T23:30Z', '2026-11-23T00:30Z', true],
    ['daily, on the same day', {}, '2026-11-22T00:00Z', '2026-11-22T23:59Z', false],
    ['weekly, on the next Sunday', {frequency: 'weekly'}, '2026-11-18T10:00Z', '2026-11-22T10:00Z', true],
    ['weekly, again on that Sunday', {frequency: 'weekly'}, '2026-11-22T00:10Z', '2026-11-22T10:00Z', false],
    ['weekly, six days after a Sunday', {frequency: 'weekly'}, '2026-11-22T10:00Z', '2026-11-28T10:00Z', false],
    ['weekly, when Sunday was missed', {frequency: 'weekly'}, '2026-11-21T10:00Z', '2026-11-28T09:00Z', true],
    ['every seven days, on a Sunday before', {frequency: 'weekly', weekday: 7}, '2026-11-18T10:00Z', '2026-11-22T10:00Z', false],
    ['monthly, on the first', {frequency: 'monthly'}, '2026-11-30T10:00Z', '2026-12-01T00:00Z', true],
    ['yearly, in December', {frequency: 'yearly'}, '2026-01-01T10:00Z', '2026-12-31T10:00Z', false],
    ['yearly, on New Year', {frequency: 'yearly'}, '2026-12-31T10:00Z', '2027-01-01T00:00Z', true],
  ])('%s: %j', (_, rule, last, now, due) => expect(judge(rule, last, now).due).toBe(due))

  test('by the days of its time zone', () => {
    expect(judge({}, '2026-11-22T22:30Z', '2026-11-22T23:30Z', 100, utc).due).toBe(false)
    expect(judge({}, '2026-11-22T22:30Z', '2026-11-22T23:30Z', 100, berlin).due).toBe(true)
  })

  test('in both hours of the night in which clocks go back', () => {
    expect(judge({frequency: 'hourly'}, '2026-10-25T00:30Z', '2026-10-25T01:30Z', 100, berlin).due).toBe(true)
  })

  test('not when it is seen for the first time, unless its size says so', () => {
    expect(judge({}, null, '2026-11-22T10:00Z')).toEqual({due: false, reason: 'it is seen for the first time'})
    expect(judge({size: 100}, null, '2026-11-22T10:00Z').due).toBe(true)
    expect(judge({maxSize: 99}, null, '2026-11-22T10:00Z').due).toBe(true)
  })

  test('at size and minsize exactly, and above maxsize alone', () => {
    const [last, now] = ['2026-11-22T10:00Z', '2026-11-22T11:00Z']
    expect([99, 100].map((bytes) => judge({size: 100}, last, now, bytes).due)).toEqual([false, true])
    expect([100, 101].map((bytes) => judge({maxSize: 100}, last, now, bytes).due)).toEqual([false, true])
    expect([99, 100].map((bytes) => judge({minSize: 100}, last, '2026-11-23T11:00Z', bytes).due)).toEqual([false, true])
  })

  test('when its last rotation is noted in the future, but not for the hours of a change of clocks', () => {
    expect(judge({}, '2026-11-25T10:00Z', '2026-11-22T10:00Z').due).toBe(true)
    expect(judge({}, '2026-11-22T11:00Z', '2026-11-22T10:00Z').due).toBe(false)
  })

  test('never when it is empty and empty logs are to be left alone', () => {
    expect(judge({notIfEmpty: true}, '2026-11-21T10:00Z', '2026-11-22T10:00Z', 0)).toEqual({due: false, reason: 'it is empty'})
    expect(judge({notIfEmpty: true, size: 0}, null, '2026-11-22T10:00Z', 0).due).toBe(false)
    expect(judge({}, '2026-11-21T10:00Z', '2026-11-22T10:00Z', 0).due).toBe(true)
  })
})

describe('the steps of a rotation', () => {
  const now = at('2026-11-22T10:00Z')
  const plan = (rule: Partial<LogRule>, names: string[]) =>
    planRotation(
      {path: '/var/log/shop.log', bytes: 1, lastAt: 0, siblings: names.map((name) => ({name, modifiedAt: now}))},
      {...plainRule, ...rule},
      {now, calendar: utc},
    )

  test('move the highest number first, so that none is overwritten, and end with what is too many', () => {
    expect(plan({rotate: 2}, ['shop.log.1', 'shop.log.2'])).toEqual({
      path: '/var/log/shop.log',
      to: 'shop.log.1',
      before: [
        {kind: 'rename', from: 'shop.log.2', to: 'shop.log.3'},
        {kind: 'rename', from: 'shop.log.1', to: 'shop.log.2'},
      ],
      after: [{kind: 'remove', name: 'shop.log.3', reason: 'rotate 2 keeps no more'}],
    })
  })

  test('compress what a writer held open the time before, instead of overwriting it', () => {
    const {before} = plan({rotate: 3, compress: true}, ['shop.log.1', 'shop.log.2.gz'])
    expect(before).toEqual([
      {kind: 'compress', name: 'shop.log.1'},
      {kind: 'rename', from: 'shop.log.2.gz', to: 'shop.log.3.gz'},
      {kind: 'rename', from: 'shop.log.1.gz', to: 'shop.log.2.gz'},
    ])
  })

  test('end where a date gives a name that is taken', () => {
    const planned = plan({rotate: 3, dateExtension: true}, ['shop.log-20261122'])
    expect(planned).toMatchObject({obstacle: expect.stringContaining('shop.log-20261122 is there already') as string})
  })

  test('never touch files that only look alike', () => {
    const names = ['shop.log.bak', 'shop.log.1.old', 'shop.log.01', 'shop.log2', 'shop.log.99999999999', 'shop.log-2026']
    expect(plan({rotate: 1}, names)).toMatchObject({before: [], after: []})
    expect(plan({rotate: 1, dateExtension: true}, names)).toMatchObject({before: [], after: []})
  })

  test('remove what is too old also while the log itself is not due', () => {
    const siblings = [3, 4].map((days) => ({name: `shop.log.${days}`, modifiedAt: now - days * day - 1}))
    const log = {path: '/var/log/shop.log', bytes: 1, lastAt: now, siblings}
    expect(planAging(log, {...plainRule, maxAge: 4}, now)).toEqual([
      {kind: 'remove', name: 'shop.log.4', reason: 'it is older than 4 days'},
    ])
    expect(planAging(log, plainRule, now)).toEqual([])
  })
})

describe('the date in a name', () => {
  test.each([
    ['-%Y%m%d', '-20261122'],
    ['.%Y-%m-%d_%H%M%S', '.2026-11-22_100507'],
    ['-%s', '-1795341907'],
    ['-%Y-W%V', '-2026-W47'],
  ])('%s is written and read back', (text, written) => {
    const format = logDateFormat(text)!
    const now = at('2026-11-22T10:05:07Z')
    expect(format.write(now, now)).toBe(written)
    expect(format.read(written)).not.toBeNull()
    expect(format.read(`${written}x`)).toBeNull()
  })

  test('sorts by time where the day stands first', () => {
    const {read} = logDateFormat('-%d%m%Y')!
    expect(read('-30112026')!).toBeLessThan(read('-01122026')!)
  })

  test.each(['-%H', '-%Y%m', 'old', '-%Y%m%d/%H', '-%Y%m%d%q'])('%s is refused: it is the same every day, or no name', (text) =>
    expect(logDateFormat(text)).toBeNull(),
  )
})

test('a wide pattern does not take rotated logs for logs', () => {
  expect(['a.log.1', 'a.log.2.gz', 'a.log-20261122', 'a.log-20261122.gz'].map((name) => isRotatedName(name, 'a.log', plainRule))).toEqual([
    true,
    true,
    true,
    true,
  ])
  expect(['a.log.bak', 'b.log.1', 'a.log'].map((name) => isRotatedName(name, 'a.log', plainRule))).toEqual([false, false, false])
})
