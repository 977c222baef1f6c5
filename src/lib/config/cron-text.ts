import {createRequire} from 'node:module'
import type {CronFieldCollection} from 'cron-parser'
import type {CronFields} from '../domain/cron-expression.ts'

// Loaded where a schedule is configured only, since it takes longer to load than the rest of the configuration.
const load = createRequire(import.meta.url)

const numbers = String.raw`[\d*,/-]+`
const names = String.raw`(?:[\d*,/-]|[a-z]{3})+`
const fiveFields = new RegExp(`^${[numbers, numbers, numbers, names, names].join(String.raw`\s+`)}$`, 'i')
const nicknames = /^@(?:yearly|annually|monthly|weekly|daily|hourly)$/i

/** Returns the fields of a cron expression such as `0 2 * * *` or `@daily`; null for what cron would not take, or what never happens. */
export function parseCron(text: string): CronFields | null {
  const expression = text.trim().toLowerCase()
  // The library takes more than any cron does: seconds, fewer fields, hashes, last days.
  if (!fiveFields.test(expression) && !nicknames.test(expression)) return null
  const {CronExpressionParser} = load('cron-parser') as typeof import('cron-parser')
  try {
    return fieldsOf(CronExpressionParser.parse(expression, {tz: 'UTC'}).fields)
  } catch {
    // Whatever it says, the operator is told what is expected instead.
    return null
  }
}

function fieldsOf({minute, hour, dayOfMonth, month, dayOfWeek}: CronFieldCollection): CronFields {
  return {
    minutes: [...minute.values],
    hours: [...hour.values],
    everyHour: hour.values.length === 24,
    daysOfMonth: dayOfMonth.values as number[],
    months: [...month.values],
    daysOfWeek: (dayOfWeek.values as number[]).map((day) => day % 7),
    eitherDay: !dayOfMonth.isWildcard && !dayOfWeek.isWildcard,
  }
}
