import {dirname, isAbsolute, join} from 'node:path'
import {jobNames} from '../domain/job.ts'
import type {Config} from './schema.ts'

/** Returns what `doctor` looks at, as the configuration says; `folders` are those of the state and of the backups, `file` is the configuration. */
export function doctorInputOf(
  config: Config,
  file: string | null,
  [state = '', backups = '']: readonly string[],
  timeoutMilliseconds: number,
) {
  const {backup, schedule, certificates, runtime} = config
  return {
    timeoutMilliseconds,
    isPhysical: backup.engine === 'pgbackrest',
    isCompose: runtime === 'compose',
    folders: {state, backups},
    files: {configuration: file, secrets: secretFiles(config, file)},
    acme: certificates.acme ?? null,
    jobs: jobNames.filter((job) => schedule[job] !== undefined),
    backupMaxAgeMilliseconds: backup.maxAge,
    targets: backup.offsite.map(({name, endpoint}) => ({name, host: endpoint === undefined ? null : new URL(endpoint).hostname})),
    programs: programsOf(config),
    isAlarmed: isAlarmed(config),
  }
}

function secretFiles({backup, compose}: Config, file: string | null): string[] {
  const [beside = null] = compose.files.length > 0 ? compose.files : [file]
  const {identities} = backup.encryption
  return [
    ...(beside === null ? [] : [join(dirname(beside), '.env')]),
    ...(identities && isAbsolute(identities.origin) ? [identities.origin] : []),
  ]
}

function programsOf({backup, deploy}: Config): {setting: string; program: string}[] {
  const named = {
    ...hooksOf('backup.hooks', backup.hooks),
    ...hooksOf('deploy.hooks', deploy.hooks),
    ...(backup.engine === 'pgbackrest' && {'backup.pgbackrest.command': backup.pgbackrest.command}),
  }
  return Object.entries(named).flatMap(([setting, argv]) => (argv?.[0] === undefined ? [] : [{setting, program: argv[0]}]))
}

function hooksOf(setting: string, {before, after, failed, finally: always}: Config['backup']['hooks']) {
  return {[`${setting}.before`]: before, [`${setting}.after`]: after, [`${setting}.failed`]: failed, [`${setting}.finally`]: always}
}

/** Metrics count: the rules of Prometheus that come along ring by them. */
function isAlarmed({notifications: {slack, webhooks, heartbeat, metrics}}: Config): boolean {
  const receivers = [slack, ...webhooks, ...Object.values(heartbeat), metrics.textfile, metrics.pushgateway]
  return receivers.some((receiver) => receiver !== undefined)
}
