import {hostname, tmpdir, userInfo} from 'node:os'
import {dirname, isAbsolute, join, resolve} from 'node:path'
import type {ConfigurationFlags, LoadedConfig} from './lib/config/load.ts'
import type {AgeEncryption} from './lib/adapters/age/encryption.ts'
import type {EmbeddedStack, StackOptions} from './lib/adapters/embedded/stack.ts'
import type {Escalation} from './lib/domain/escalation.ts'
import type {Caller} from './lib/domain/timer-files.ts'
import type {Mode} from './lib/output/mode.ts'
import type {ProjectFiles} from './lib/ports/project-files.ts'
import type {BackupStore, Clock, OffsiteTarget, Ports, Runbooks, Runtime, SecretFiles, Settings} from './lib/ports.ts'
import {stateFolder} from './lib/adapters/state-folder.ts'
import {systemClock, systemRandom} from './lib/adapters/clock.ts'

export interface ContextOptions {
  mode: Mode
  signal: AbortSignal
  version: string
  flags: ConfigurationFlags
  /** Folder for lock and journal instead of that of the machine or user. */
  state?: string
}

export interface Context {
  ports: Ports
  config: LoadedConfig['config']
  /** The configuration file, absolute, or null without one. */
  file: string | null
  /** Environment variables that settings and secrets were read from. */
  variables: readonly string[]
}

/** The one place that knows every adapter. Each port is built on first use, so a command loads only what it needs. */
export async function createContext(options: ContextOptions): Promise<Context> {
  const {loadConfig} = await import('./lib/config/load.ts')
  const loaded = await loadConfig({flags: options.flags, cwd: process.cwd(), environment: process.env})
  return {config: loaded.config, ports: await createPorts(loaded, options), file: loaded.file, variables: loaded.variables}
}

/** Returns how this very program is called by something that runs it later: as which user, from which folder, with which words. */
export async function callerOf({config, file}: Context, user: string | undefined): Promise<Caller> {
  const {describeCaller} = await import('./lib/adapters/cron/caller.ts')
  return describeCaller({project: config.project, environment: config.environment, file, user, state: stateFolder(process.env)})
}

/** Starts the stack of the demo. `removeEmbeddedStack` and `stopEmbeddedStack` end it. */
export async function startEmbeddedStack(options: Omit<StackOptions, 'clock'>): Promise<EmbeddedStack> {
  const stack = await import('./lib/adapters/embedded/stack.ts')
  return stack.startEmbeddedStack({...options, clock: systemClock})
}

/** Ends the processes of an embedded stack and removes its folder. Throws `notFound`. */
export async function removeEmbeddedStack(folder: string): Promise<void> {
  const stack = await import('./lib/adapters/embedded/stack.ts')
  await stack.removeEmbeddedStack(folder, systemClock)
}

/** Ends the processes of an embedded stack; the folder stays. Throws `notFound`. */
export async function stopEmbeddedStack(folder: string): Promise<void> {
  const stack = await import('./lib/adapters/embedded/stack.ts')
  await stack.stopEmbeddedStack(folder, systemClock)
}

/** Returns the folders that sparkone itself fills. */
export function ownFolders({backup}: Pick<LoadedConfig['config'], 'backup'>): string[] {
  return [stateFolder(process.env), backup.directory]
}

/** Returns what remembers how unattended runs ended. */
export async function cronMemory() {
  const {CronMemory} = await import('./lib/adapters/cron-memory.ts')
  return new CronMemory(stateFolder(process.env))
}

/** Returns the pages that came with sparkone, at `root`, and those of the project; no configuration has to be valid for that. */
export async function openRunbooks(root: string, configuration: string | undefined): Promise<Runbooks> {
  const {FolderRunbooks} = await import('./lib/adapters/runbooks/folders.ts')
  const {projectFolder} = await import('./lib/config/find.ts')
  const project = await projectFolder(configuration, process.cwd(), process.env)
  return new FolderRunbooks({packaged: join(root, 'runbooks'), project: join(project, 'runbooks')})
}

/** Returns who is called in an incident; whatever is wrong with the configuration is told and not thrown. */
export async function whoIsCalled(flags: {config: string | undefined; env: string | undefined}): Promise<Escalation> {
  const {readEscalation} = await import('./lib/config/escalation.ts')
  return readEscalation({flags, cwd: process.cwd(), environment: process.env})
}

/** Returns the encrypted secrets in `folder`, or those nearest to the working folder; no configuration has to be valid for that. */
export async function openSecrets(folder: string | undefined): Promise<{clock: Clock; secrets: SecretFiles}> {
  const {FolderSecrets} = await import('./lib/adapters/secrets/files.ts')
  return {clock: systemClock, secrets: await FolderSecrets.open(folder, process.cwd())}
}

async function createPorts(loaded: LoadedConfig, options: ContextOptions): Promise<Ports> {
  const {config, file} = loaded
  const {mode, signal, version, state = stateFolder(process.env)} = options
  const {project, environment, backup} = config
  const silent = mode.quiet || mode.cron || mode.output !== 'human'
  const {createProgress} = await import('./lib/adapters/progress.ts')
  const {createConfirmation} = await import('./lib/adapters/confirmation.ts')
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
      const {DirectoryStore} = await import('./lib/adapters/directory/store.ts')
      return withEncryption(new DirectoryStore(backup.directory, project, environment), await encryption())
    }),
    encryption,
    offsite: once(() => openOffsite(config, state, signal, encryption)),
    locks: once(async () => {
      const {FileLocks} = await import('./lib/adapters/lock.ts')
      return new FileLocks(state, systemClock, signal, process.env)
    }),
    journal: once(async () => {
      const {FileJournal} = await import('./lib/adapters/journal.ts')
      return new FileJournal(join(state, 'journal', `${encodeURIComponent(`${project}-${environment}`)}.jsonl`))
    }),
    dumpFiles: once(async () => (await import('./lib/adapters/dump-files.ts')).localDumpFiles),
    projectFiles: once(() => openProjectFiles({config, file}, signal)),
    http: once(async () => (await import('./lib/adapters/http.ts')).createHttp()),
    certificates: once(async () => {
      const {createCertificates} = await import('./lib/adapters/tls/certificates.ts')
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
      const {PgbackrestEngine} = await import('./lib/adapters/pgbackrest/engine.ts')
      return PgbackrestEngine.open({config, state, signal, clock: systemClock})
    }),
    programs: once(async () => {
      const {namedPrograms} = await import('./lib/adapters/process/named-programs.ts')
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
      const {LocalLogFiles} = await import('./lib/adapters/logs/files.ts')
      return new LocalLogFiles({folder, memory: join(state, 'logs', `${encodeURIComponent(`${project}-${environment}`)}.jsonl`), signal})
    }),
    serviceLogs: once(async () => {
      const {openServiceLogs} = await import('./lib/adapters/logs/all-services.ts')
      const files = logs.files.map(({service, path}) => ({service, path: resolve(folder, path)}))
      return openServiceLogs({project: runtime === 'compose' ? (compose.project ?? project) : null, files, ...common})
    }),
  }
}

function meant({backup, database}: LoadedConfig['config']): Pick<Settings, 'only'> {
  return backup.databases.length > 0 && database.name !== undefined ? {only: database.name} : {}
}

async function openProjectFiles({config, file}: Pick<LoadedConfig, 'config' | 'file'>, signal: AbortSignal): Promise<ProjectFiles> {
  const {project, environment, backup, compose} = config
  const [{LocalProjectFiles}, {DirectoryStore}, {standardFiles}] = await Promise.all([
    import('./lib/adapters/files/project-files.ts'),
    import('./lib/adapters/directory/store.ts'),
    import('./lib/config/sections/files.ts'),
  ])
  const [nearest = join(process.cwd(), 'sparkone.yml')] = [file, compose.files[0]].filter((path) => path !== null && path !== undefined)
  const {identities} = backup.encryption
  return new LocalProjectFiles({
    folder: backup.files.folder ?? dirname(nearest),
    include: backup.files.include ?? standardFiles,
    isChosen: backup.files.include !== undefined,
    exclude: backup.files.exclude,
    hidden: [backup.directory, ...(identities && isAbsolute(identities.origin) ? [identities.origin] : [])],
    scratch: new DirectoryStore(backup.directory, project, environment).location,
    owner: encodeURIComponent(`${project}-${environment}`),
    clock: systemClock,
    signal,
  })
}

/** What is remembered in the state folder of how things went. */
function keptPorts(name: string, state: string) {
  return {
    drills: once(async () => {
      const {FileDrillReports} = await import('./lib/adapters/drill-reports.ts')
      return new FileDrillReports(state, name)
    }),
  }
}

function machinePorts(file: string | null, signal: AbortSignal) {
  const folder = file === null ? process.cwd() : dirname(file)
  return {
    workplace: once(async () => (await import('./lib/adapters/workplace.ts')).createWorkplace(folder, process.env)),
    machine: once(async () => (await import('./lib/adapters/machine.ts')).createMachine()),
    // Anew each time, since who asked for it also closes it.
    docker: async () => new (await import('./lib/adapters/docker/disk.ts')).EngineDisk(signal, systemClock),
    releaseFiles: once(async () => new (await import('./lib/adapters/release-files.ts')).LocalReleaseFiles(tmpdir())),
  }
}

/** What was brought up, and where. */
function releasePorts(config: LoadedConfig['config'], state: string, signal: AbortSignal) {
  return {
    releases: once(async () => {
      const {FileReleases} = await import('./lib/adapters/releases.ts')
      return new FileReleases(state, `${config.project}-${config.environment}`)
    }),
    releaseStack: once(async () => {
      const {ComposeReleaseStack} = await import('./lib/adapters/compose/release/stack.ts')
      return ComposeReleaseStack.open({config, signal, clock: systemClock})
    }),
  }
}

/** What runs by schedule; `flags` name the configuration of this run to the runs that it starts. */
function unattendedPorts(name: string, flags: readonly string[], {state, signal}: {state: string; signal: AbortSignal}) {
  return {
    jobs: once(async () => {
      const {FileJobMemory} = await import('./lib/adapters/cron/job-memory.ts')
      return new FileJobMemory(state, name)
    }),
    publicFiles: once(async () => (await import('./lib/adapters/cron/public-files.ts')).publicFiles),
    systemd: once(async () => (await import('./lib/adapters/cron/systemd.ts')).systemd),
    sparkone: async (words: readonly string[]) => {
      const {runSparkone} = await import('./lib/adapters/cron/own-process.ts')
      return runSparkone([...words, ...flags], signal)
    },
  }
}

async function openEncryption({project, environment, backup}: LoadedConfig['config'], state: string): Promise<AgeEncryption> {
  const {AgeEncryption} = await import('./lib/adapters/age/encryption.ts')
  const {recipients, identities} = backup.encryption
  return AgeEncryption.open({
    recipients,
    identities: identities ? {text: identities.reveal(), origin: identities.origin} : null,
    memory: join(state, 'encryption', `${encodeURIComponent(`${project}-${environment}`)}.json`),
    clock: systemClock,
  })
}

/** Wrapped even without recipients: sets written while there were some must stay readable. */
async function withEncryption(store: BackupStore, encryption: AgeEncryption): Promise<BackupStore> {
  const {EncryptedStore} = await import('./lib/adapters/age/encrypted-store.ts')
  return new EncryptedStore(store, encryption)
}

async function openOffsite(
  config: LoadedConfig['config'],
  state: string,
  signal: AbortSignal,
  encryption: () => Promise<AgeEncryption>,
): Promise<OffsiteTarget[]> {
  const {openTargets} = await import('./lib/adapters/s3/targets.ts')
  const {readableOffsite} = await import('./lib/adapters/age/readable-offsite.ts')
  const targets = openTargets({config, state, clock: systemClock, signal})
  const keys = await encryption()
  return targets.map((target) => ({...target, store: readableOffsite(target.store, keys)}))
}

async function openRuntime(config: LoadedConfig['config'], state: string, signal: AbortSignal): Promise<Runtime> {
  const options = {config, state, signal, clock: systemClock}
  if (config.runtime === 'compose') return (await import('./lib/adapters/compose/runtime.ts')).ComposeRuntime.open(options)
  if (config.runtime === 'embedded') return (await import('./lib/adapters/embedded/runtime.ts')).EmbeddedRuntime.open(options)
  return (await import('./lib/adapters/host/runtime.ts')).HostRuntime.open(options)
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
