import {z} from 'zod'
import {
  duration,
  endpointPath,
  identifier,
  oneOf,
  path,
  percent,
  port,
  secret,
  secretUrl,
  section,
  setting,
  text,
  webAddress,
} from './kinds.ts'
import type {Secret, SecretReference} from './secret.ts'
import {backup} from './sections/backup.ts'
import {certificates} from './sections/certificates.ts'
import {escalation} from './sections/escalation.ts'
import {redis} from './sections/redis.ts'
import {deploy} from './sections/deploy.ts'
import {drill, objectives} from './sections/drill.ts'
import {logs} from './sections/logs.ts'
import {notifications} from './sections/notifications.ts'
import {prune} from './sections/prune.ts'
import {restore} from './sections/restore.ts'
import {schedule} from './sections/schedule.ts'

const environmentNames = ['production', 'staging', 'development'] as const

const runtimeNames = ['compose', 'host', 'embedded'] as const
export type RuntimeName = (typeof runtimeNames)[number]

function threshold(subject: string, warning: number, critical: number) {
  return setting(
    section({
      warning: setting(percent.prefault(warning), `${subject} in use, in percent, from which the verdict is WARNING.`),
      critical: setting(percent.prefault(critical), `${subject} in use, in percent, from which the verdict is CRITICAL.`),
    })
      .refine((value) => value.warning <= value.critical, {error: 'expected warning to be at most critical'})
      .prefault({}),
    `Limits for ${subject.toLowerCase()}.`,
  )
}

const compose = section({
  files: setting(z.array(path, {error: 'expected a list of paths'}).prefault([]), 'Compose files, in the order Compose merges them.', {
    variables: ['COMPOSE_FILE'],
    read: 'paths',
    path: true,
    fallback: 'the Compose file of the folder',
  }),
  project: setting(identifier.optional(), 'Compose project whose containers are looked at.', {
    variables: ['COMPOSE_PROJECT_NAME'],
    fallback: 'the name Compose itself gives the project',
  }),
  profiles: setting(z.array(text, {error: 'expected a list of profiles'}).prefault([]), 'Compose profiles that are up.', {
    variables: ['COMPOSE_PROFILES'],
    read: 'list',
  }),
})

const database = section({
  service: setting(text.prefault('postgres'), 'Compose service that runs PostgreSQL.', {
    variables: ['DB_SERVICE'],
    fallback: 'the service that runs PostgreSQL, otherwise postgres',
  }),
  name: setting(text.optional(), 'Database to back up, restore and look at.', {
    variables: ['DB_NAME'],
    flag: '--database',
    fallback: 'POSTGRES_DB of the service, or the database of the URL',
  }),
  user: setting(text.optional(), 'Role to connect as; it must be allowed to create databases for a restore.', {
    variables: ['DB_USER'],
    fallback: 'POSTGRES_USER of the service, or the user of the URL',
  }),
  password: setting(secret.optional(), 'Reference to the password of the role.', {variables: ['DB_PASSWORD'], secret: true}),
  host: setting(text.optional(), 'Host name or socket folder of the server, in the host runtime.', {
    variables: ['DB_HOST'],
    fallback: 'the host of the URL',
  }),
  port: setting(port.optional(), 'Port of the server, in the host runtime.', {
    variables: ['DB_PORT'],
    read: 'number',
    fallback: 'the port of the URL',
  }),
  url: setting(
    secretUrl(/^postgres(ql)?:\/\//, 'postgres://user@localhost/shop').optional(),
    'Connection URL of the server, in the host runtime; the keys above override its parts.',
    {variables: ['DATABASE_URL'], secret: true},
  ),
  programs: setting(path.optional(), 'Folder of the client programs (pg_dump, pg_restore, psql), in the host runtime.', {
    path: true,
    fallback: 'the newest found on the machine',
  }),
})

const api = section({
  url: setting(webAddress.optional(), 'Base URL at which the API answers from this machine.', {
    fallback: 'the published port of the service',
  }),
  service: setting(text.optional(), 'Compose service that runs the API.', {fallback: 'the service that looks like one'}),
  endpoints: setting(
    z.array(endpointPath, {error: 'expected a list of paths'}).prefault(['/health', '/health/database', '/health/redis']),
    'Paths that health asks for.',
  ),
})

const health = section({
  timeout: setting(duration.prefault('5s'), 'Limit of each probe.'),
  thresholds: setting(
    section({
      disk: threshold('Disk space', 80, 90),
      inodes: threshold('Inodes', 80, 90),
      memory: threshold('Memory', 85, 95),
      cpu: threshold('CPU', 90, 100),
    }).prefault({}),
    'Limits for what the machine has.',
  ),
})

const overlay = {
  project: setting(identifier.optional(), 'Name of the product, used for folders, locks and the journal.', {
    fallback: 'the Compose project, otherwise the name of the folder',
  }),
  runtime: setting(
    oneOf(runtimeNames).optional(),
    'Where the services run: in a Compose project, on machines reached by URL, or inside sparkone.',
    {
      variables: ['SPARKONE_RUNTIME'],
      fallback: 'compose where a Compose file is found, host where DATABASE_URL is set',
    },
  ),
  compose: setting(compose.prefault({}), 'The Compose project.'),
  database: setting(database.prefault({}), 'The PostgreSQL database.'),
  redis: setting(redis.optional(), 'Redis; leave the section out where there is none.'),
  api: setting(api.prefault({}), 'The API.'),
  embedded: setting(
    section({folder: setting(path.optional(), 'Folder of a stack that `sparkone demo --keep` left running.', {path: true})}).prefault({}),
    'The embedded stack.',
  ),
  prometheus: setting(
    section({
      url: setting(webAddress.optional(), 'Base URL of Prometheus.', {fallback: 'the published port of the service'}),
    }).prefault({}),
    'Prometheus.',
  ),
  backup: setting(backup.prefault({}), 'Backups.'),
  schedule: setting(schedule.prefault({}), 'When jobs run.'),
  notifications: setting(notifications.prefault({}), 'Who is told how jobs ended.'),
  deploy: setting(deploy.prefault({}), 'Releases: how they are brought up, and back.'),
  restore: setting(restore.prefault({}), 'What happens to the API around the swap of a restore.'),
  drill: setting(drill.prefault({}), 'The drill: what is asked of a restored backup.'),
  certificates: setting(certificates.prefault({}), 'Certificates.'),
  prune: setting(prune.prefault({}), 'What prune leaves alone.'),
  objectives: setting(objectives.prefault({}), 'What recovery is measured against.'),
  health: setting(health.prefault({}), 'Health.'),
  logs: setting(logs.prefault({}), 'Logs.'),
  escalation: setting(escalation.prefault({}), 'Who is called in an incident, level by level; `sparkone runbook show` shows it.'),
}

const environment = setting(oneOf(environmentNames).prefault('production'), 'Environment that commands act on.', {
  variables: ['SPARKONE_ENV'],
  flag: '--env',
})

const version = z.literal(1, {error: 'expected 1, the version of this format'})

/** Every setting but the overlays. Each layer (file, environment variables, flags) is validated against it before they are merged. */
export const settingsSchema = section({environment, ...overlay})

/** What `sparkone.yml` may hold. */
export const fileSchema = section({
  version: setting(version, 'Version of this format.'),
  environment,
  ...overlay,
  environments: setting(
    section({
      production: setting(section(overlay).optional(), 'What is different in production.'),
      staging: setting(section(overlay).optional(), 'What is different in staging.'),
      development: setting(section(overlay).optional(), 'What is different in development.'),
    }).optional(),
    'Settings that hold in one environment only; they override those above.',
  ),
})

type Settings = z.output<typeof settingsSchema>

/** The same shape with every reference to a secret replaced by the secret. */
type Resolved<Value> = Value extends SecretReference
  ? Secret
  : Value extends readonly (infer Item)[]
    ? readonly Resolved<Item>[]
    : Value extends object
      ? {readonly [Key in keyof Value]: Resolved<Value[Key]>}
      : Value

/** The configuration as commands use it: found out, validated, frozen. Durations are milliseconds, paths absolute. */
export type Config = Resolved<Omit<Settings, 'project' | 'runtime' | 'backup'>> & {
  readonly project: string
  readonly runtime: RuntimeName
  readonly backup: Resolved<Omit<Settings['backup'], 'directory'>> & {readonly directory: string}
}
