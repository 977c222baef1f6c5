import type {JobName} from '../../domain/job.ts'
import {formatDuration} from '../../domain/quantity.ts'
import type {Ports} from '../../ports.ts'
import {installedSystem} from '../cron-install.ts'
import {judgeCaller} from '../health/schedule.ts'
import {doctorCheck, type DoctorCheck, type DoctorInput, type Verdict} from './check.ts'

/** What is to happen by itself: backups, proofs, copies elsewhere, and that somebody is told. */
export const planChecks: readonly DoctorCheck[] = [
  doctorCheck({
    name: 'schedule',
    about: 'Does something call what is scheduled?',
    async gather({jobs}, ports) {
      const memory = await ports.jobs()
      const installed = jobs.length === 0 ? null : await installedSystem(ports.settings, ports)
      return {installed, lookedAt: await memory.lookedAt(), backup: await memory.read('backup'), now: ports.clock.now()}
    },
    judge({installed, lookedAt, backup, now}, {jobs, backupMaxAgeMilliseconds}): Verdict {
      if (jobs.length > 0) return {...judgeCaller(installed, lookedAt, now), subject: 'schedule'}
      return judgeUnscheduled(backup.goodAt, now, backupMaxAgeMilliseconds)
    },
  }),
  planCheck('proofs', 'Is what is backed up by schedule also proven by schedule?', judgeProofs),
  planCheck('cleanup', 'Are backups that nobody needs removed by schedule?', ({jobs}) => {
    if (!jobs.includes('backup') && !jobs.includes('files')) return []
    if (jobs.includes('cleanup')) return {status: 'ok', message: 'old backups are removed by schedule'}
    const message = 'backups are made by schedule and never removed, until the disk is full'
    return {status: 'warning', message, hint: "Set schedule.cleanup, such as '30 5 * * *', after sparkone backup cleanup --dry-run."}
  }),
  planCheck('alarm', 'Is somebody told of jobs that fail?', ({jobs, isAlarmed}) => {
    if (jobs.length === 0) return []
    if (isAlarmed) return {status: 'ok', message: 'somebody is told of jobs that fail'}
    const message = 'jobs run by schedule, and nobody is told when they fail but by the mail of cron'
    return {status: 'warning', message, hint: 'Set notifications.heartbeat.backup, notifications.slack or notifications.webhooks.'}
  }),
  planCheck('offsite', 'Are there copies away from this machine?', judgeOffsite),
  doctorCheck({
    name: 'offsite-place',
    about: 'Do the copies lie on another machine?',
    applies: ({targets}) => targets.length > 0,
    gather: async (_input, ports) => (await ports.workplace()).names(),
    judge: (names, {targets}) => judgePlaces(names, targets),
  }),
  doctorCheck({
    name: 'offsite-store',
    about: 'Does each store answer?',
    applies: ({targets}) => targets.length > 0,
    gather: (_input, ports, signal) => askStores(ports, signal),
    judge: judgeStores,
  }),
]

/** A check of the configuration alone; without a verdict there is nothing to say. */
function planCheck(name: string, about: string, judge: (input: DoctorInput) => Verdict | readonly Verdict[]): DoctorCheck {
  return doctorCheck({name, about, gather: async () => null, judge: (_facts, input) => judge(input)})
}

/** Something else may call sparkone, and then its backups tell. */
function judgeUnscheduled(goodAt: string | null, now: Date, maxAge: number): Verdict {
  const age = goodAt === null ? null : now.getTime() - Date.parse(goodAt)
  if (age !== null && age <= maxAge) {
    return {status: 'ok', message: `no schedule is configured, and a backup was made ${formatDuration(Math.max(age, 0))} ago`}
  }
  const last = age === null ? 'no backup was ever made' : `a backup was last made ${formatDuration(age)} ago`
  const hint = "Set schedule.backup, such as '0 2 * * *', then sparkone cron install."
  return {status: 'warning', message: `no schedule is configured, and ${last}`, hint}
}

const proven: readonly (readonly [made: JobName, proof: JobName])[] = [
  ['backup', 'verify'],
  ['files', 'verifyFiles'],
]

function judgeProofs({jobs}: DoctorInput): Verdict[] {
  return proven
    .filter(([made]) => jobs.includes(made))
    .map(([made, proof]) => {
      if (jobs.includes(proof)) return {status: 'ok', message: `${made} is scheduled, and ${proof} with it`}
      return {
        status: 'warning',
        message: `${made} is scheduled and ${proof} is not: nothing is ever proven, so nothing may ever be removed`,
        hint: `Set schedule.${proof}, such as '0 4 * * *'.`,
      }
    })
}

function judgeOffsite({targets, jobs, isPhysical}: DoctorInput): Verdict {
  // The repository of pgBackRest may lie anywhere, and is configured there.
  if (targets.length === 0 && isPhysical)
    return {status: 'ok', message: 'pgBackRest keeps the backups of the database where its own configuration says'}
  if (targets.length === 0) {
    const message = 'every backup lies on this machine alone, and is lost with it'
    return {status: 'warning', message, hint: 'Set backup.offsite (docs/configuration.md), then sparkone sync.'}
  }
  if (jobs.includes('backup') && !jobs.includes('sync')) {
    const message = 'copies are made with each backup, but one that is cut off is finished by nobody'
    return {status: 'warning', message, hint: "Set schedule.sync, such as '0 6 * * *'."}
  }
  return {status: 'ok', message: `copies go to ${targets.map(({name}) => name).join(', ')}`}
}

function judgePlaces(names: readonly string[], targets: DoctorInput['targets']): Verdict[] {
  const here = targets.filter(({host}) => host !== null && (names.includes(host.toLowerCase()) || isLoopback(host)))
  if (here.length === 0) return [{status: 'ok', message: 'no store is on this machine, as far as its name tells'}]
  return here.map(({name, host}) => ({
    status: 'warning',
    message: `target ${name} (${host}) is this very machine, so its copies are lost with it`,
    hint: 'Set backup.offsite[].endpoint to a store elsewhere.',
  }))
}

function isLoopback(host: string): boolean {
  return /^(?:127\.|\[?::1\]?$|localhost$|.*\.localhost$)/.test(host)
}

type Asked = {name: string; location: string; copies: number | null; reason: string}

async function askStores(ports: Ports, signal: AbortSignal): Promise<Asked[]> {
  const targets = await ports.offsite()
  return Promise.all(
    targets.map(async ({name, store}) => {
      const {location} = store
      try {
        return {name, location, copies: (await store.copies(signal)).length, reason: ''}
      } catch (error) {
        // One that is down does not hide the others.
        return {name, location, copies: null, reason: error instanceof Error ? error.message : String(error)}
      }
    }),
  )
}

function judgeStores(stores: readonly Asked[]): Verdict[] {
  return stores.map(({name, location, copies, reason}) =>
    copies === null
      ? {status: 'critical', message: `${name} (${location}): ${reason}`, hint: 'sparkone sync --dry-run'}
      : {status: 'ok', message: `${name} (${location}) answers, ${copies} copies`},
  )
}
