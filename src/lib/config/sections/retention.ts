import {z} from 'zod'
import {isTimeZone, parsePeriod} from '../../domain/calendar.ts'
import {percent, section, setting, text} from '../kinds.ts'

const countError = {error: 'expected a number, or all'}

/** How many to keep; -1 means all, as restic has it. */
const amount = z.union([z.literal('all'), z.int(countError).min(-1, countError)], countError)

const spanError = 'expected a span such as 90d, 12w, 6m (months), 1y6m or 36h'

const span = z.string({error: spanError}).refine((value) => parsePeriod(value) !== null, {error: spanError})

const zoneError = 'expected a time zone such as UTC or Europe/Berlin'

const rules = {
  last: setting(amount.optional(), 'How many of the newest backups to keep.'),
  hourly: setting(amount.optional(), 'For how many hours to keep the newest of each.'),
  daily: setting(amount.optional(), 'For how many days to keep the newest of each.'),
  weekly: setting(amount.optional(), 'For how many weeks (Monday to Sunday) to keep the newest of each.'),
  monthly: setting(amount.optional(), 'For how many months to keep the newest of each.'),
  yearly: setting(amount.optional(), 'For how many years to keep the newest of each.'),
  within: setting(span.optional(), 'How far back from the newest backup to keep everything.', {
    fallback: 'where no rule is set: 90d in production, 30d in staging, 7d in development',
  }),
  withinHourly: setting(span.optional(), 'How far back to keep the newest of each hour.'),
  withinDaily: setting(span.optional(), 'How far back to keep the newest of each day.'),
  withinWeekly: setting(span.optional(), 'How far back to keep the newest of each week.'),
  withinMonthly: setting(span.optional(), 'How far back to keep the newest of each month.'),
  withinYearly: setting(span.optional(), 'How far back to keep the newest of each year.'),
  tags: setting(
    z.array(text, {error: 'expected a list of tags'}).optional(),
    'Keep backups with these tags; an entry such as `a,b` means both.',
  ),
}

const floorError = {error: 'expected a number of at least 1'}

/** Which backups `backup cleanup` keeps. */
export const retention = setting(
  section({
    ...rules,
    floor: setting(
      z.int(floorError).min(1, floorError).prefault(2),
      'How many of the newest proven backups of each database stay, whatever the rules say.',
    ),
    failedProofs: setting(span.prefault('7d'), 'How long a backup that failed its proof is kept to be looked at.'),
    timeZone: setting(
      z.string({error: zoneError}).refine(isTimeZone, {error: zoneError}).prefault('UTC'),
      'Zone in which hours, days, weeks, months and years begin.',
    ),
    offsite: setting(
      section({
        cleanup: setting(
          z.boolean({error: 'expected true or false'}).prefault(true),
          'Whether copies off-site are removed; false where the credentials may only add and the store itself expires them.',
        ),
        ...rules,
        within: setting(span.optional(), 'How far back from the newest copy to keep everything.', {
          fallback: 'where no rule is set here: the rules above',
        }),
      }).prefault({}),
      'Rules for off-site copies, where they are to differ.',
    ),
  }).prefault({}),
  'Which backups are kept; without a rule everything of the last 90 days (staging: 30, development: 7).',
)

/** When a backup is suspiciously small. */
export const anomaly = setting(
  section({
    threshold: setting(
      percent.prefault(50),
      'A dump, or a table, with less than this part of what the last 7 proven backups had (their median, in percent) is an anomaly; 0 never.',
    ),
    minimumRows: setting(
      z.int({error: 'expected a number of rows'}).min(1, {error: 'expected a number of rows'}).prefault(1),
      'Tables that had fewer rows are not judged.',
    ),
    ignoreTables: setting(
      z.array(text, {error: 'expected a list of tables'}).prefault([]),
      'Tables that are not judged, as `schema.name`; `*` stands for any characters.',
    ),
  }).prefault({}),
  'When a backup is suspiciously small.',
)
