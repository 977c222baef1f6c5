import {dirname, isAbsolute, join} from 'node:path'
import type {LoadedConfig} from '../lib/config/load.ts'
import type {AgeEncryption} from '../lib/adapters/age/encryption.ts'
import type {ProjectFiles} from '../lib/ports/project-files.ts'
import type {BackupStore, OffsiteTarget, Runtime} from '../lib/ports.ts'
import {systemClock} from '../lib/adapters/clock.ts'

/** Returns the files of the project; without a choice of files the usual ones. */
export async function openProjectFiles({config, file}: Pick<LoadedConfig, 'config' | 'file'>, signal: AbortSignal): Promise<ProjectFiles> {
  const {project, environment, backup, compose} = config
  const [{LocalProjectFiles}, {DirectoryStore}, {standardFiles}] = await Promise.all([
    import('../lib/adapters/files/project-files.ts'),
    import('../lib/adapters/directory/store.ts'),
    import('../lib/config/sections/files.ts'),
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

/** Returns the keys of the configuration; what is known of them is kept in the state folder. */
export async function openEncryption({project, environment, backup}: LoadedConfig['config'], state: string): Promise<AgeEncryption> {
  const {AgeEncryption} = await import('../lib/adapters/age/encryption.ts')
  const {recipients, identities} = backup.encryption
  return AgeEncryption.open({
    recipients,
    identities: identities ? {text: identities.reveal(), origin: identities.origin} : null,
    memory: join(state, 'encryption', `${encodeURIComponent(`${project}-${environment}`)}.json`),
    clock: systemClock,
  })
}

/** Wrapped even without recipients: sets written while there were some must stay readable. */
export async function withEncryption(store: BackupStore, encryption: AgeEncryption): Promise<BackupStore> {
  const {EncryptedStore} = await import('../lib/adapters/age/encrypted-store.ts')
  return new EncryptedStore(store, encryption)
}

/** Returns the targets off-site, whose sets can be read with the keys at hand. */
export async function openOffsite(
  config: LoadedConfig['config'],
  state: string,
  signal: AbortSignal,
  encryption: () => Promise<AgeEncryption>,
): Promise<OffsiteTarget[]> {
  // Most of what a run would load is the client of the store.
  if (config.backup.offsite.length === 0) return []
  const {openTargets} = await import('../lib/adapters/s3/targets.ts')
  const {readableOffsite} = await import('../lib/adapters/age/readable-offsite.ts')
  const targets = openTargets({config, state, clock: systemClock, signal})
  const keys = await encryption()
  return targets.map((target) => ({...target, store: readableOffsite(target.store, keys)}))
}

/** Returns what runs the services, as the configuration says. */
export async function openRuntime(config: LoadedConfig['config'], state: string, signal: AbortSignal): Promise<Runtime> {
  const options = {config, state, signal, clock: systemClock}
  if (config.runtime === 'compose') return (await import('../lib/adapters/compose/runtime.ts')).ComposeRuntime.open(options)
  if (config.runtime === 'embedded') return (await import('../lib/adapters/embedded/runtime.ts')).EmbeddedRuntime.open(options)
  return (await import('../lib/adapters/host/runtime.ts')).HostRuntime.open(options)
}
