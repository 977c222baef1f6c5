import {realpath} from 'node:fs/promises'
import {userInfo} from 'node:os'
import {dirname, resolve} from 'node:path'
import type {Caller} from '../../domain/timer-files.ts'

const systemPath = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin']

/** What leads the docker client to its engine, where that is not the one of the machine: a timer reads no profile of a shell. */
const dockerVariables = ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_CONFIG', 'DOCKER_CERT_PATH', 'DOCKER_TLS_VERIFY']

export interface CallerOptions {
  project: string
  environment: string
  /** The configuration file, or null without one. */
  file: string | null
  /** Who it runs as; whoever asks unless told otherwise. */
  user: string | undefined
  /** Where this user keeps locks, journal and memory. */
  state: string
  /** Environment variables of this run. */
  variables: Readonly<Record<string, string | undefined>>
}

/** Returns how sparkone is called later as it was called now: the same Node, the same program, the same configuration. */
export async function describeCaller({project, environment, file, user, state, variables}: CallerOptions): Promise<Caller> {
  const me = userInfo().username
  const program = await realpath(process.argv[1]!)
  const configuration = file === null ? [] : ['--config', file]
  return {
    project,
    environment,
    user: user ?? me,
    words: [process.execPath, program, 'cron', 'run', '--cron', ...configuration, '--env', environment],
    folder: file === null ? resolve('.') : dirname(file),
    // Another user has a folder of his own, and his own way to Docker.
    variables: user === undefined || user === me ? {SPARKONE_STATE_DIR: state, ...forDocker(variables)} : {},
    path: [...new Set([dirname(process.execPath), ...systemPath])].join(':'),
  }
}

function forDocker(variables: CallerOptions['variables']): Record<string, string> {
  return Object.fromEntries(dockerVariables.flatMap((name) => (variables[name] ? [[name, variables[name]]] : [])))
}
