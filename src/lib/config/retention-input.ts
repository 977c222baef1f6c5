import {parsePeriod, type Period} from '../domain/calendar.ts'
import {isEmpty, noRules, type Count, type RetentionRules} from '../domain/retention-policy.ts'
import type {RetentionPolicy} from '../domain/retention.ts'
import type {Config} from './schema.ts'

/** What an environment keeps where no rule is written. */
const standardDays: Record<Config['environment'], number> = {production: 90, staging: 30, development: 7}

type WrittenRules = Omit<Config['backup']['retention']['offsite'], 'cleanup'>

/** Returns what `backup cleanup` keeps here and off-site (null: copies there are left alone), as the configuration says. */
export function retentionInputOf({backup, environment}: Pick<Config, 'backup' | 'environment'>): {
  local: RetentionPolicy
  offsite: RetentionPolicy | null
} {
  const {retention} = backup
  const common = {floor: retention.floor, failedProofs: parsePeriod(retention.failedProofs)!, timeZone: retention.timeZone}
  const written = rulesOf(retention)
  const local = isEmpty(written) ? {...noRules, within: {years: 0, months: 0, days: standardDays[environment], hours: 0}} : written
  const elsewhere = rulesOf(retention.offsite)
  const offsite = {...common, rules: isEmpty(elsewhere) ? local : elsewhere}
  return {local: {...common, rules: local}, offsite: retention.offsite.cleanup ? offsite : null}
}

function rulesOf(written: WrittenRules): RetentionRules {
  return {
    last: amount(written.last),
    hourly: amount(written.hourly),
    daily: amount(written.daily),
    weekly: amount(written.weekly),
    monthly: amount(written.monthly),
    yearly: amount(written.yearly),
    within: span(written.within),
    withinHourly: span(written.withinHourly),
    withinDaily: span(written.withinDaily),
    withinWeekly: span(written.withinWeekly),
    withinMonthly: span(written.withinMonthly),
    withinYearly: span(written.withinYearly),
    tags: (written.tags ?? []).map((entry) => entry.split(',').map((tag) => tag.trim())),
  }
}

function amount(written: Count | undefined): Count {
  return written === -1 ? 'all' : (written ?? 0)
}

function span(written: string | undefined): Period | null {
  return written === undefined ? null : parsePeriod(written)
}
