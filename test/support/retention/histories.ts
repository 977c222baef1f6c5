import {noRules, type Count, type RetentionRules} from '../../../src/lib/domain/retention-policy.ts'
import type {RetainedBackup, RetentionPolicy} from '../../../src/lib/domain/retention.ts'
import {generator} from '../faults/moments.ts'

export interface History {
  backups: RetainedBackup[]
  policy: RetentionPolicy
  circumstances: {now: number; failedRunAt: number | null}
}

type Dice = () => number

const now = Date.parse('2026-11-22T10:00:00Z')
const hour = 3_600_000

/** Returns what an operator's server may have been through: gaps, bursts, failed runs and proofs, wrong clocks, marks, several databases. */
export function randomHistory(seed: number): History {
  const dice = generator(seed)
  const pace = pick(dice, [1, 6, 24, 24, 24, 168]) * hour
  const reliability = pick(dice, [1, 1, 0.9, 0.5, 0])
  const anomalies = pick(dice, [0, 0, 0, 0.05])
  let time = now - Math.floor(dice() * 2 * pace)
  const backups = Array.from({length: Math.floor(dice() * 25)}, (_, index): RetainedBackup => {
    time -= dice() < 0.05 ? 0 : Math.floor(pace * (dice() < 0.1 ? dice() * 30 : 0.9 + dice() * 0.2))
    const isFuture = dice() < 0.01
    return {
      id: `${String(seed)}-${String(index).padStart(3, '0')}`,
      database: pick(dice, ['app', 'app', 'app', 'app', 'app_prod']),
      time: isFuture ? now + Math.floor(dice() * 1000) * hour + hour : time,
      tags: dice() < 0.1 ? ['release'] : [],
      state: dice() < reliability ? 'proven' : pick(dice, ['unproven', 'failed'] as const),
      marked: dice() < 0.03,
      suspect: dice() < anomalies,
    }
  })
  return {
    backups: shuffled(dice, backups),
    policy: randomPolicy(dice),
    circumstances: {now, failedRunAt: pick(dice, [null, null, null, now - hour])},
  }
}

/** Returns a policy that keeps at least as much by each of its rules. */
export function moreGenerous({rules, ...policy}: RetentionPolicy, dice: Dice): RetentionPolicy {
  const more = (amount: Count): Count => (amount === 'all' ? 'all' : amount + Math.floor(dice() * 4))
  const {last, hourly, daily, weekly, monthly, yearly, within} = rules
  const counts = {
    last: more(last),
    hourly: more(hourly),
    daily: more(daily),
    weekly: more(weekly),
    monthly: more(monthly),
    yearly: more(yearly),
  }
  const days = (within?.days ?? 0) + Math.floor(dice() * 9)
  return {
    ...policy,
    floor: policy.floor + Math.floor(dice() * 2),
    rules: {...rules, ...counts, within: days === 0 ? null : {...none, days}},
  }
}

const none = {years: 0, months: 0, days: 0, hours: 0}

function randomPolicy(dice: Dice): RetentionPolicy {
  const amount = (): Count => (dice() < 0.6 ? 0 : dice() < 0.05 ? 'all' : Math.floor(dice() * 12))
  const span = () => (dice() < 0.8 ? null : {...none, days: 1 + Math.floor(dice() * 40)})
  const rules: RetentionRules = {
    ...noRules,
    last: amount(),
    hourly: amount(),
    daily: amount(),
    weekly: amount(),
    monthly: amount(),
    yearly: amount(),
    within: span(),
    withinDaily: span(),
    withinMonthly: span(),
    tags: dice() < 0.1 ? [['release']] : [],
  }
  return {
    rules,
    floor: 1 + Math.floor(dice() * 4),
    failedProofs: {...none, days: 7},
    timeZone: dice() < 0.95 ? 'UTC' : pick(dice, ['Europe/Berlin', 'Australia/Lord_Howe', 'America/New_York']),
  }
}

function pick<Item>(dice: Dice, items: readonly Item[]): Item {
  return items[Math.floor(dice() * items.length)]!
}

function shuffled<Item>(dice: Dice, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({item, place: dice()}))
    .toSorted((one, other) => one.place - other.place)
    .map(({item}) => item)
}
