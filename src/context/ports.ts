import {hostname, tmpdir, userInfo} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import type {LoadedConfig} from '../lib/config/load.ts'
import type {Mode} from '../lib/output/mode.ts'
import type {Ports, Settings} from '../lib/ports.ts'
import {stateFolder} from '../lib/adapters/state-folder.ts'
import {systemClock, systemRandom} from '../lib/adapters/clock.ts'
import {openEncryption, openOffsite, openProjectFiles, openRuntime, withEncryption} from './open.ts'

export interface PortOptions {
  mode: Mode
  signal: AbortSignal
  version: string
  /** Folder for lock and journal instead of that of the machine or user. */
  state?: string
}

/** Returns every port; each is built on first use, and nothing is connected before. */
export async function createPorts(loaded: LoadedConfig, options: PortOptions): Promise<Ports> {
  const {config, file} = loaded
  const {mode, signal, version, state = stateFolder(process.env)} = options
  const {project, environment, backup} = config
  const silent = mode.quiet || mode.cron || mode.output !== 'human'
  const {createProgress} = await import('../lib/adapters/progress.ts')
  const {createConfirmation} = await import('../lib/adapters/confirmation.ts')
  const encryption = once(() => openEncryption(config, state))
  return {
    signal,
    uninterrupted: once(() => createPorts(loaded, {...options, signal: new AbortController().signal})),
    settings: {project, environment, version, actor: `${userInfo().username}@${hostname()}`, ...meant(config)},
    clock: systemClock,
    random: systemRandom,
    progress: createProgress({live: mode.live, silent, stderr: process.stderr, clock: systemClock}),
    confirmation: createConfirmation({consent: mode.consent, interactive: mode.interactive, signal}),
    runtime: once(() => openRuntime(config, state, signal)),
    store: once(async () => {
      const {DirectoryStore} = await import('../lib/adapters/directory/store.ts')
      return withEncryption(new DirectoryStore(backup.directory, project, environment), await encryption())
    }),
    encryption,
    offsite: once(() => openOffsite(config, state, signal, encryption)),
    locks: once(async () => {
      const {FileLocks} = await import('../lib/adapters/lock.ts')
      return new FileLocks(state, systemClock, signal, process.env)
    }),
    journal: once(async () => {
      const {FileJournal} = await import('../lib/adapters/journal.ts')
      return new FileJournal(join(state, 'journal', `${encodeURIComponent(`${project}-${environment}`)}.jsonl`))
    }),
    dumpFiles: once(async () => (await import('../lib/adapters/dump-files.ts')).localDumpFiles),
    projectFiles: once(() => openProjectFiles({config, file}, signal)),
    http: once(async () => (await import('../lib/adapters/http.ts')).createHttp()),
    certificates: once(async () => {
      const {createCertificates} = await import('../lib/adapters/tls/certificates.ts')
      const [beside] = [config.compose.files[0], file].filter((path) => path !== null && path !== undefined)
      return createCertificates(beside === undefined ? null : join(dirname(beside), '.env'), process.env)
    }),
    ...unattendedPorts(`${project}-${environment}`, [...(file === null ? [] : ['--config', file]), '--env', environment], {state, signal}),
    ...machinePorts(file, signal),
    ...keptPorts(`${project}-${environment}`, state),
    ...releasePorts(config, state, signal),
    ...logPorts({config, file}, state, signal),
    ...programPorts({config, file}, state, signal),
  }
}

/** What other programs do for sparkone. */
function programPorts({config, file}: Pick<LoadedConfig, 'config' | 'file'>, state: string, signal: AbortSignal) {
  return {
    physical: once(async () => {
      const {PgbackrestEngine} = await import('../lib/adapters/pgbackrest/engine.ts')
      return PgbackrestEngine.open({config, state, signal, clock: systemClock})
    }),
    programs: once(async () => {
      const {namedPrograms} = await import('../lib/adapters/process/named-programs.ts')
      return namedPrograms(file === null ? process.cwd() : dirname(file))
    }),
  }
}

/** Logs in files are looked for beside the configuration; services log in the containers of Compose, into files, or both. */
function logPorts({config, file}: Pick<LoadedConfig, 'config' | 'file'>, state: string, signal: AbortSignal) {
  const {project, environment, logs, compose, runtime} = config
  const folder = logs.folder ?? join(file === null ? process.cwd() : dirname(file), 'logs')
  const common = {signal, sleep: (milliseconds: number, until: AbortSignal) => systemClock.sleep(milliseconds, until)}
  return {
    logFiles: once(async () => {
      const {LocalLogFiles} = await import('../lib/adapters/logs/files.ts')
      return new LocalLogFiles({folder, memory: join(state, 'logs', `${encodeURIComponent(`${project}-${environment}`)}.jsonl`), signal})
    }),
    serviceLogs: once(async () => {
      const {openServiceLogs} = await import('../lib/adapters/logs/all-services.ts')
      const files = logs.files.map(({service, path}) => ({service, path: resolve(folder, path)}))
      return openServiceLogs({project: runtime === 'compose' ? (compose.project ?? project) : null, files, ...common})
    }),
  }
}

/** Others may have been backed up into the same folder: by another configuration, or before this one was changed. */
function meant({database}: LoadedConfig['config']): Pick<Settings, 'only'> {
  return database.name === undefined ? {} : {only: database.name}
}

/** What is remembered in the state folder of how things went. */
function keptPorts(name: string, state: string) {
  return {
    drills: once(async () => {
      const {FileDrillReports} = await import('../lib/adapters/drill-reports.ts')
      return new FileDrillReports(state, name)
    }),
  }
}

function machinePorts(file: string | null, signal: AbortSignal) {
  const folder = file === null ? process.cwd() : dirname(file)
  return {
    workplace: once(async () => (await import('../lib/adapters/workplace.ts')).createWorkplace(folder, process.env)),
    machine: once(async () => (await import('../lib/adapters/machine.ts')).createMachine()),
    // Anew each time, since who asked for it also closes it.
    docker: async () => new (await import('../lib/adapters/docker/disk.ts')).EngineDisk(signal, systemClock),
    releaseFiles: once(async () => new (await import('../lib/adapters/release-files.ts')).LocalReleaseFiles(tmpdir())),
  }
}

/** What was brought up, and where. */
function releasePorts(config: LoadedConfig['config'], state: string, signal: AbortSignal) {
  return {
    releases: once(async () => {
      const {FileReleases} = await import('../lib/adapters/releases.ts')
      return new FileReleases(state, `${config.project}-${config.environment}`)
    }),
    releaseStack: once(async () => {
      const {ComposeReleaseStack} = await import('../lib/adapters/compose/release/stack.ts')
      return ComposeReleaseStack.open({config, signal, clock: systemClock})
    }),
  }
}

/** What runs by schedule; `flags` name the configuration of this run to the runs that it starts. */
function unattendedPorts(name: string, flags: readonly string[], {state, signal}: {state: string; signal: AbortSignal}) {
  return {
    jobs: once(async () => {
      const {FileJobMemory} = await import('../lib/adapters/cron/job-memory.ts')
      return new FileJobMemory(state, name)
    }),
    publicFiles: once(async () => (await import('../lib/adapters/cron/public-files.ts')).publicFiles),
    systemd: once(async () => (await import('../lib/adapters/cron/systemd.ts')).systemd),
    sparkone: async (words: readonly string[]) => {
      const {runSparkone} = await import('../lib/adapters/cron/own-process.ts')
      return runSparkone([...words, ...flags], signal)
    },
  }
}

function once<T>(build: () => Promise<T>): () => Promise<T> {
  let built: Promise<T> | undefined
  const forget = (error: unknown): never => {
    // What failed may be back when it is asked for again, as a watch does.
    built = undefined
    throw error
  }
  return () => (built ??= build().catch(forget))
}
