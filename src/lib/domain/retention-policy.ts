import {Calendar, formatPeriod, type Period} from './calendar.ts'

/** How many to keep; `all` has no end. */
export type Count = number | 'all'

const units = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'] as const
type Unit = (typeof units)[number]
type UnitWithin = `within${Capitalize<Unit>}`

/** Rules that each keep something; what none of them keeps may go. */
export interface RetentionRules extends Readonly<Record<Unit, Count>>, Readonly<Record<UnitWithin, Period | null>> {
  readonly last: Count
  /** Everything that is not older than the newest by more. */
  readonly within: Period | null
  /** Each entry keeps what has all its tags. */
  readonly tags: readonly (readonly string[])[]
}

/** Why something is kept: the rule by its name in the configuration, and the same in words. */
export interface Reason {
  rule: string
  message: string
}

export interface Dated {
  /** Milliseconds since 1970, in UTC. */
  time: number
  tags: readonly string[]
}

export const noRules: RetentionRules = {
  last: 0,
  hourly: 0,
  daily: 0,
  weekly: 0,
  monthly: 0,
  yearly: 0,
  within: null,
  withinHourly: null,
  withinDaily: null,
  withinWeekly: null,
  withinMonthly: null,
  withinYearly: null,
  tags: [],
}

/** Returns whether no rule keeps anything. */
export function isEmpty(rules: RetentionRules): boolean {
  const {tags, ...others} = rules
  return tags.length === 0 && Object.values(others).every((rule) => rule === 0 || rule === null)
}

/**
 * Returns, for each of the items, newest first, the reasons to keep it; none means that it may go. The meaning of the rules is that of
 * `restic forget`: an item is kept by any rule; a count keeps the newest of each of so many periods that hold something; while a count is
 * not used up the very oldest is kept too; spans are counted back from the newest item and never from today.
 */
export function reasonsToKeep(items: readonly Dated[], rules: RetentionRules, calendar: Calendar): Reason[][] {
  const newest = items[0]?.time ?? 0
  const keepers = [...tagKeepers(rules), ...withinKeeper(rules, newest, calendar), ...countKeepers(rules, calendar)].concat(
    unitWithinKeepers(rules, newest, calendar),
  )
  return items.map((item, index) => {
    const reasons: Reason[] = []
    for (const keep of keepers) {
      const reason = keep(item, index, index === items.length - 1)
      if (reason !== null) reasons.push(reason)
    }
    return reasons
  })
}

type Keeper = (item: Dated, index: number, isOldest: boolean) => Reason | null

function tagKeepers({tags}: RetentionRules): Keeper[] {
  return tags.map((wanted) => {
    const reason = {rule: 'tags', message: `has the ${wanted.length === 1 ? 'tag' : 'tags'} ${wanted.join(', ')}`}
    return (item) => (wanted.every((tag) => item.tags.includes(tag)) ? reason : null)
  })
}

function withinKeeper({within}: RetentionRules, newest: number, calendar: Calendar): Keeper[] {
  if (within === null) return []
  const limit = calendar.before(newest, within)
  const reason = {rule: 'within', message: `within ${formatPeriod(within)} of the newest`}
  return [({time}) => (time > limit ? reason : null)]
}

const nouns: Record<Unit, string> = {hourly: 'hour', daily: 'day', weekly: 'week', monthly: 'month', yearly: 'year'}

function countKeepers(rules: RetentionRules, calendar: Calendar): Keeper[] {
  const {last} = rules
  const messageOfLast = last === 'all' ? 'last: all' : `one of the last ${last}`
  return [
    ...counting('last', last, {newest: messageOfLast, oldest: messageOfLast}, (_time, index) => index),
    ...units.flatMap((unit) => {
      const newest = `newest of its ${nouns[unit]} (${unit}: ${rules[unit]})`
      return counting(unit, rules[unit], {newest, oldest: `the oldest, while ${unit}: ${rules[unit]} has room`}, bucketOf(unit, calendar))
    }),
  ]
}

function unitWithinKeepers(rules: RetentionRules, newest: number, calendar: Calendar): Keeper[] {
  return units.flatMap((unit): Keeper[] => {
    const rule = `within${unit[0]!.toUpperCase()}${unit.slice(1)}` as UnitWithin
    const span = rules[rule]
    if (span === null) return []
    const limit = calendar.before(newest, span)
    const newestOfUnit = `newest of its ${nouns[unit]} within ${formatPeriod(span)} of the newest`
    const oldest = `the oldest, within ${formatPeriod(span)} of the newest`
    const [keep] = counting(rule, 'all', {newest: newestOfUnit, oldest}, bucketOf(unit, calendar))
    return [(item, index, isOldest) => (item.time > limit ? keep!(item, index, isOldest) : null)]
  })
}

type Bucket = (time: number, index: number) => number

function bucketOf(unit: Unit, calendar: Calendar): Bucket {
  const noun = nouns[unit] as 'hour' | 'day' | 'week' | 'month' | 'year'
  return (time) => calendar[noun](time)
}

/** Returns nothing for a rule that is off. */
function counting(rule: string, wanted: Count, messages: {newest: string; oldest: string}, bucketOfItem: Bucket): Keeper[] {
  let left = wanted === 'all' ? Infinity : wanted
  if (left <= 0) return []
  let previous: number | null = null
  const reasons = {newest: {rule, message: messages.newest}, oldest: {rule, message: messages.oldest}}
  return [
    ({time}, index, isOldest) => {
      if (left === 0) return null
      const bucket = bucketOfItem(time, index)
      const isNewest = bucket !== previous
      if (!isNewest && !isOldest) return null
      previous = bucket
      left -= 1
      return isNewest ? reasons.newest : reasons.oldest
    },
  ]
}
