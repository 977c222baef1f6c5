import {z} from 'zod'
import {jobNames} from '../../domain/job.ts'
import {timerSystems} from '../../domain/timer-files.ts'
import {documentSchema, plannedShape} from './document.ts'
import {seconds, time} from './parts.ts'

const job = z.enum(jobNames)
const system = z.enum(timerSystems)
const changes = z.array(z.string()).describe('What became of each file.')
const code = z.int().describe('Exit code of the job.')

export const cronRunDocument = documentSchema('cron-run', [
  {
    status: z.enum(['done', 'failed']),
    busy: z.boolean().describe('Another look was going on, and this one did nothing.'),
    ran: z.array(z.object({job, exitCode: code})),
    idle: z.array(z.object({job, reason: z.string()})).describe('What was not due.'),
  },
])

export const cronListDocument = documentSchema('cron-list', [
  {
    status: z.literal('found'),
    jobs: z.array(
      z.object({
        job,
        schedule: z.string(),
        timeZone: z.string(),
        jitterSeconds: seconds,
        last: z.object({run: z.string(), startedAt: time, endedAt: time, exitCode: code}).nullable(),
        skips: z.int().describe('Runs in a row that found another one holding the lock.'),
        next: time.nullable(),
        due: z.boolean(),
        reason: z.string(),
      }),
    ),
    installed: system.nullable().describe('What calls sparkone for this project; null when nothing does.'),
    lookedAt: time.nullable().describe('When it was last looked whether anything is due.'),
  },
])

export const cronPrintDocument = documentSchema('cron-print', [
  {status: z.literal('found'), system, files: z.array(z.object({path: z.string(), text: z.string()}))},
])

export const cronInstallDocument = documentSchema('cron-install', [
  {status: z.literal('done'), system, changes, warnings: z.array(z.string())},
  plannedShape,
])

export const cronRemoveDocument = documentSchema('cron-remove', [{status: z.literal('done'), changes}, plannedShape])
