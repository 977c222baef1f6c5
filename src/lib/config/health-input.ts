import {defaultThresholds, type HealthInput} from '../domain/health.ts'
import {schedulesOf} from './attendance-input.ts'
import type {Config} from './schema.ts'

/** Where Docker keeps images, containers and volumes unless told otherwise; a full one stops every service. */
const dockerFolder = '/var/lib/docker'

/** Files are usually backed up once a week. */
const filesMaxAge = 8 * 24 * 3_600_000

/** Returns what `health` looks at and what counts as well, as the configuration says. `timeoutMilliseconds` is the flag, where given. */
export function healthInputOf(config: Config, timeoutMilliseconds: number | null): HealthInput {
  const {api, backup, drill, health, schedule, prometheus, redis, runtime} = config
  return {
    api: api.url === undefined ? null : {url: api.url, endpoints: api.endpoints},
    services: runtime === 'compose' ? composeServices(config) : {api: null, database: null, redis: null},
    prometheusUrl: prometheus.url ?? null,
    redisExpected: redis !== undefined,
    folders: ['/', backup.directory, ...(runtime === 'compose' ? [dockerFolder] : [])],
    timeoutMilliseconds: timeoutMilliseconds ?? health.timeout,
    databases: backup.databases,
    backupMaxAgeMilliseconds: backup.maxAge,
    files: filesExpected(config) ? {maxAgeMilliseconds: backup.files.maxAge ?? filesMaxAge} : null,
    isPhysical: backup.engine === 'pgbackrest',
    drill: {maxAgeMilliseconds: drill.maxAge, expected: schedule.drill !== undefined},
    thresholds: {...defaultThresholds, ...health.thresholds},
    schedules: schedulesOf(config),
  }
}

/** Whoever says when files are stored, or which, counts on their backups. */
function filesExpected({backup: {files}, schedule}: Config): boolean {
  return schedule.files !== undefined || files.include !== undefined || files.folder !== undefined || files.maxAge !== undefined
}

function composeServices({api, database, redis}: Config): HealthInput['services'] {
  return {api: api.service ?? null, database: database.service, redis: redis?.service ?? null}
}
