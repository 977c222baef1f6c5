import {describe, expect, test} from 'vitest'
import {Calendar} from '../../../src/lib/domain/calendar.ts'
import {isEmpty, noRules, reasonsToKeep} from '../../../src/lib/domain/retention-policy.ts'
import {keptOf, type Kept} from '../../support/retention/kept.ts'
import {backups, policies, zones} from '../../support/retention/cases.ts'
import expected from '../../support/retention/expected.json' with {type: 'json'}

describe.each(zones)('the same is kept, and for the same reasons, as restic keeps where clocks are those of %s', (zone) => {
  const calendar = new Calendar(zone)
  test.each(
    policies.map(
      ({rules, flags}, index) => [flags.join(' '), rules, ((expected as Record<string, unknown>)[zone] as Kept[])[index]!] as const,
    ),
  )('%s', (_flags, rules, kept) => {
    expect(keptOf(reasonsToKeep(backups, rules, calendar))).toEqual(kept)
  })
})

const utc = new Calendar('UTC')

function times(...moments: string[]) {
  return moments.map((moment) => ({time: Date.parse(moment), tags: []}))
}

function keptPlaces(items: ReturnType<typeof times>, rules: Partial<typeof noRules>, calendar = utc): number[] {
  return reasonsToKeep(items, {...noRules, ...rules}, calendar).flatMap((reasons, place) => (reasons.length > 0 ? [place] : []))
}

test('no rule keeps nothing, and is told apart from one that does', () => {
  expect(keptPlaces(times('2026-01-02T00:00:00Z', '2026-01-01T00:00:00Z'), {})).toEqual([])
  expect(isEmpty(noRules)).toBe(true)
  expect(isEmpty({...noRules, yearly: 1})).toBe(false)
  expect(isEmpty({...noRules, tags: [['a']]})).toBe(false)
})

test('there is nothing to keep of nothing', () => {
  expect(reasonsToKeep([], {...noRules, last: 'all', within: {years: 1, months: 0, days: 0, hours: 0}}, utc)).toEqual([])
})

test.each([
  ['a count that is used up', {daily: 1}, [0]],
  ['a count that the days just use up', {daily: 2}, [0, 2]],
  ['a count with room left', {daily: 3}, [0, 2, 3]],
  ['all', {daily: 'all' as const}, [0, 2, 3]],
  ['a span that it lies in', {withinDaily: {years: 0, months: 0, days: 3, hours: 0}}, [0, 2, 3]],
  ['a span that it does not lie in', {withinDaily: {years: 0, months: 0, days: 1, hours: 12}}, [0, 2]],
] as const)('the very oldest is kept while there is room for it: %s', (_, rules, places) => {
  const items = times('2026-01-02T12:00:00Z', '2026-01-02T06:00:00Z', '2026-01-01T12:00:00Z', '2026-01-01T00:00:00Z')
  expect(keptPlaces(items, rules)).toEqual(places)
})

test('all has no end', () => {
  const items = times('2026-01-02T12:00:00Z', '2026-01-02T00:00:00Z', '2026-01-01T12:00:00Z', '2026-01-01T00:00:00Z')
  expect(keptPlaces(items, {last: 'all'})).toEqual([0, 1, 2, 3])
  expect(keptPlaces(items, {daily: 'all'})).toEqual([0, 2, 3])
})

test('backups of one and the same moment are one day and one hour, and as many of the last as there are', () => {
  const items = times('2026-01-02T12:00:00Z', '2026-01-02T12:00:00Z', '2026-01-02T12:00:00Z', '2026-01-01T00:00:00Z')
  expect(keptPlaces(items, {hourly: 1})).toEqual([0])
  expect(keptPlaces(items, {daily: 2})).toEqual([0, 3])
  expect(keptPlaces(items, {last: 2})).toEqual([0, 1])
})

test('a span longer than time itself keeps everything', () => {
  const items = times('2026-01-02T00:00:00Z', '1970-01-01T00:00:00Z')
  expect(keptPlaces(items, {within: {years: 9999, months: 99_999, days: 999_999, hours: 9_999_999}})).toEqual([0, 1])
  expect(keptPlaces(items, {within: {years: 1950, months: 0, days: 0, hours: 0}})).toEqual([0, 1])
})

test('each reason names the rule as the configuration has it, and says it in words', () => {
  const [first, , last] = reasonsToKeep(
    [...times('2026-01-02T12:00:00Z', '2026-01-02T11:00:00Z'), {time: Date.parse('2026-01-02T10:00:00Z'), tags: ['release', 'eu']}],
    {...noRules, daily: 7, within: {years: 0, months: 0, days: 0, hours: 1}, tags: [['release', 'eu']]},
    utc,
  )
  expect(first).toEqual([
    {rule: 'within', message: 'within 1h of the newest'},
    {rule: 'daily', message: 'newest of its day (daily: 7)'},
  ])
  expect(last).toEqual([
    {rule: 'tags', message: 'has the tags release, eu'},
    {rule: 'daily', message: 'the oldest, while daily: 7 has room'},
  ])
})
