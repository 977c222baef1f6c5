import {count, formatDuration} from '../../domain/quantity.ts'
import {table} from '../table.ts'

interface Job {
  job: string
  schedule: string
  timeZone: string
  jitterSeconds: number
  last: {endedAt: string; startedAt: string; exitCode: number} | null
  next: string | null
  due: boolean
  reason: string
}

/** Returns the jobs by schedule, a line each, and what calls them. */
export function cronListView(
  list: {jobs: readonly Job[]; installed: string | null; lookedAt: string | null},
  {columns}: {columns: number},
): string {
  if (list.jobs.length === 0) return 'No job has a schedule. Give one its time with schedule: in the configuration.'
  const head = ['JOB', 'SCHEDULE', 'LAST RUN', 'ENDED', 'NEXT RUN']
  const rows = list.jobs.map(({job, schedule, timeZone, last, next, due, reason}) => [
    job,
    `${schedule} ${timeZone}`,
    last === null ? 'never' : `${minute(last.startedAt, timeZone)}`,
    last === null ? '-' : ending(last),
    due ? `now: ${reason}` : next === null ? 'never' : minute(next, timeZone),
  ])
  return [table(rows, {columns, head}), '', ...caller(list)].join('\n')
}

/** Returns what a look at the schedule led to. */
export function cronRunView(
  {busy, ran, idle}: {busy: boolean; ran: readonly {job: string; exitCode: number}[]; idle: readonly {job: string; reason: string}[]},
  scheduled: number,
): string {
  if (busy) return 'Another sparkone cron run is at work, and will see what is due.'
  if (scheduled === 0) return 'No job has a schedule. Give one its time with schedule: in the configuration.'
  return [
    ...ran.map(({job, exitCode}) => `${job} ${exitCode === 0 ? 'ran' : `ended with ${exitCode}`}`),
    ...idle.map(({job, reason}) => `${job} is not due: ${reason}`),
  ].join('\n')
}

/** Returns what was done to the files. */
export function timerView({system, summary}: {system: string; summary: readonly string[]}, warnings: readonly string[]): string {
  if (summary.length === 0) return 'Nothing was installed.'
  return [
    `${count(summary.length, 'file')} of ${system}:`,
    ...summary.map((line) => `  ${line}`),
    ...warnings.map((line) => `Warning: ${line}`),
  ].join('\n')
}

/** Returns the files one after the other, each under its path. */
export function timerFilesView(files: readonly {path: string; text: string}[]): string {
  return files
    .map(({path, text}) => `# ${path}\n${text}`)
    .join('\n')
    .trimEnd()
}

function caller({installed, lookedAt}: {installed: string | null; lookedAt: string | null}): string[] {
  const look = lookedAt === null ? 'it was never looked what is due' : `it was last looked what is due at ${lookedAt}`
  return installed === null
    ? [`Nothing calls sparkone here (${look}): sparkone cron install`]
    : [`Called every five minutes by ${installed}; ${look}.`]
}

function ending({startedAt, endedAt, exitCode}: {startedAt: string; endedAt: string; exitCode: number}): string {
  const took = formatDuration(Date.parse(endedAt) - Date.parse(startedAt))
  return exitCode === 0 ? `well, ${took}` : `with ${exitCode}, ${took}`
}

/** A time by the clock of the schedule, with its zone. */
function minute(time: string, timeZone: string): string {
  const shown = new Intl.DateTimeFormat('sv-SE', {timeZone, dateStyle: 'short', timeStyle: 'short'}).format(new Date(time))
  const zone = new Intl.DateTimeFormat('en-US', {timeZone, timeZoneName: 'short'}).formatToParts(new Date(time))
  return `${shown} ${zone.find(({type}) => type === 'timeZoneName')!.value}`
}
