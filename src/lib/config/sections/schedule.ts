import {isTimeZone} from '../../domain/calendar.ts'
import {type JobName, jobNames} from '../../domain/job.ts'
import {parseCron} from '../cron-text.ts'
import {duration, section, setting, text} from '../kinds.ts'
import type {z} from 'zod'

const cron = text.refine((value) => parseCron(value) !== null, {error: "expected a cron expression such as '0 2 * * *' or @daily"})

/** Returns a key for each job. */
export function perJob<Schema extends z.ZodType>(build: (job: JobName) => Schema): Record<JobName, Schema> {
  return Object.fromEntries(jobNames.map((job) => [job, build(job)])) as Record<JobName, Schema>
}

/** When jobs run: what `sparkone cron run` and `--cron` go by. */
export const schedule = section({
  ...perJob((job) => setting(cron.optional(), `When ${job} runs, as five fields of cron; never without it.`)),
  timeZone: setting(
    text.refine(isTimeZone, {error: 'expected a time zone such as UTC or Europe/Berlin'}).prefault('UTC'),
    'Time zone of the schedule.',
  ),
  jitter: setting(duration.optional(), 'Each job begins up to this much after its time, always the same for one job of one project.', {
    fallback: 'none',
  }),
  retry: setting(duration.prefault('30m'), 'Pause before a job that failed is tried again.'),
  lateAfter: setting(duration.prefault('2h'), 'How long after its time health calls a job late that did not run.'),
  waitForDatabase: setting(duration.prefault('5m'), 'How long a job that is due waits for the database to come up, as after a reboot.'),
})
