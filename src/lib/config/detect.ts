import path from 'node:path'
import type {Source} from '../domain/setting.ts'
import {findComposeFiles, normalised, readComposeProject} from './compose-file.ts'
import {detectCompose} from './detect-compose.ts'
import {detectHost} from './detect-host.ts'
import type {Environment} from './find.ts'
import type {Layer, Sourced} from './layers.ts'
import type {RuntimeName} from './schema.ts'
import type {Secret} from './secret.ts'
import {databasesAmong} from './services.ts'

export interface DetectOptions {
  /** What flags, variables and the file say; it is never overridden. */
  given: Layer
  secrets: ReadonlyMap<string, Secret>
  environment: Environment
  folder: string
  /** Whether Compose files are looked for in the folders above as well, as Compose does. */
  upward: boolean
}

export interface Detection {
  layer: Layer
  problems: readonly string[]
}

/** Returns what the machine shows about the settings that are not given; null when there is nothing to work with. */
export async function detect(options: DetectOptions): Promise<Detection | null> {
  const choice = await chooseRuntime(options)
  if (choice === null) return null
  const {runtime, source, files} = choice
  const {layer, problems} = await detectServices(runtime, files, options)
  const found = new Map(layer)
  found.set('runtime', {value: runtime, source})
  if (files !== undefined) found.set('compose.files', files)
  found.set('backup.directory', {value: backupDirectory(options.environment), source: {kind: 'default'}})
  const project = options.given.get('compose.project') ?? found.get('compose.project')
  found.set(
    'project',
    project ?? {value: normalised(path.basename(options.folder)), source: {kind: 'detected', from: 'the name of the folder'}},
  )
  return {layer: found, problems}
}

interface Choice {
  runtime: RuntimeName
  source: Source
  files?: Sourced | undefined
}

async function chooseRuntime(options: DetectOptions): Promise<Choice | null> {
  const {given} = options
  const named = given.get('runtime')
  if (named?.value === 'compose') return {runtime: 'compose', source: named.source, files: await filesOf(options)}
  if (named !== undefined) return {runtime: named.value as RuntimeName, source: named.source}
  const server = given.get('database.url') ?? given.get('database.host')
  const files = await filesOf(options)
  if (files !== undefined && (await isOfCompose(files, server, options))) return {runtime: 'compose', source: files.source, files}
  if (server !== undefined) return {runtime: 'host', source: server.source}
  return null
}

/** A Compose file wins over a DATABASE_URL of the environment, which is often that of the application, unless it runs no PostgreSQL. */
async function isOfCompose(files: Sourced, server: Sourced | undefined, {given, environment}: DetectOptions): Promise<boolean> {
  if (server === undefined || given.has('compose.files')) return true
  if (server.source.kind !== 'variable') return false
  const {services} = await readComposeProject(files.value as string[], environment)
  return databasesAmong(services).length > 0
}

async function filesOf({given, folder, upward, environment}: DetectOptions): Promise<Sourced | undefined> {
  const named = given.get('compose.files')
  if (named !== undefined) return named
  const files = await findComposeFiles(folder, upward, environment)
  if (files.length === 0) return undefined
  return {value: files, source: {kind: 'detected', from: path.dirname(files[0]!)}}
}

async function detectServices(runtime: RuntimeName, files: Sourced | undefined, options: DetectOptions): Promise<Detection> {
  if (runtime === 'host') return detectHost(options)
  if (runtime === 'embedded') return {layer: new Map(), problems: []}
  const paths = (files?.value ?? []) as string[]
  if (paths.length === 0) return {layer: new Map(), problems: [`compose.files: no Compose file was found in ${options.folder}`]}
  return detectCompose(paths, options)
}

function backupDirectory({HOME, XDG_DATA_HOME}: Environment): string {
  if (process.getuid?.() === 0) return '/var/backups/sparkone'
  return path.join(XDG_DATA_HOME || path.join(HOME || '.', '.local', 'share'), 'sparkone', 'backups')
}
