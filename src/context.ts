import {join} from 'node:path'
import {createPorts, type PortOptions} from './context/ports.ts'
import type {ConfigurationFlags, LoadedConfig} from './lib/config/load.ts'
import type {EmbeddedStack, StackOptions} from './lib/adapters/embedded/stack.ts'
import type {Escalation} from './lib/domain/escalation.ts'
import type {Caller} from './lib/domain/timer-files.ts'
import type {Clock, Ports, Runbooks, SecretFiles} from './lib/ports.ts'
import {stateFolder} from './lib/adapters/state-folder.ts'
import {systemClock} from './lib/adapters/clock.ts'

export interface ContextOptions extends PortOptions {
  flags: ConfigurationFlags
}

export interface Context {
  ports: Ports
  config: LoadedConfig['config']
  /** The configuration file, absolute, or null without one. */
  file: string | null
  /** Environment variables that settings and secrets were read from. */
  variables: readonly string[]
}

/** With `context/` the one place that knows every adapter. Each port is built on first use, so a command loads only what it needs. */
export async function createContext(options: ContextOptions): Promise<Context> {
  const {loadConfig} = await import('./lib/config/load.ts')
  const loaded = await loadConfig({flags: options.flags, cwd: process.cwd(), environment: process.env})
  return {config: loaded.config, ports: await createPorts(loaded, options), file: loaded.file, variables: loaded.variables}
}

/** Returns how this very program is called by something that runs it later: as which user, from which folder, with which words. */
export async function callerOf({config, file}: Context, user: string | undefined): Promise<Caller> {
  const {describeCaller} = await import('./lib/adapters/cron/caller.ts')
  return describeCaller({
    project: config.project,
    environment: config.environment,
    file,
    user,
    state: stateFolder(process.env),
    variables: process.env,
  })
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
