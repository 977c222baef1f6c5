import path from 'node:path'
import {readComposeProject, type ComposeProject, type ComposeService} from './compose-file.ts'
import type {Detection, DetectOptions} from './detect.ts'
import type {Layer, Sourced} from './layers.ts'
import {apiAmong, credentialsOf, databasesAmong, prometheusAmong, redisAmong} from './services.ts'

/** Returns what the Compose files show: project, services, database and addresses. Throws `usage` for a file that cannot be read. */
export async function detectCompose(files: readonly string[], {given, environment}: DetectOptions): Promise<Detection> {
  const project = await readComposeProject(files, environment)
  const from = files.map((file) => path.basename(file)).join(', ')
  const {service: database, problems} = chooseDatabase(project, given.get('database.service'), from)
  const api = named(project, given.get('api.service')) ?? apiAmong(project.services)
  const values = {
    'compose.project': project.name,
    'database.service': database?.name,
    ...(database && credentials(database)),
    'redis.service': redisAmong(project.services)?.name,
    'api.service': api?.name,
    'api.url': api?.address,
    'prometheus.url': prometheusAmong(project.services)?.address,
  }
  return {layer: layerOf(values, from), problems}
}

function chooseDatabase(
  project: ComposeProject,
  setting: Sourced | undefined,
  from: string,
): {service: ComposeService | undefined; problems: string[]} {
  if (setting !== undefined) return {service: named(project, setting), problems: []}
  const candidates = databasesAmong(project.services)
  if (candidates.length === 1) return {service: candidates[0], problems: []}
  const names = candidates.map(({name}) => name).join(', ')
  const seen = candidates.length === 0 ? `no service of ${from} looks like PostgreSQL` : `several services look like PostgreSQL: ${names}`
  return {service: undefined, problems: [`database.service: ${seen}; name the one to use in sparkone.yml or with DB_SERVICE`]}
}

/** The image names the database after the user unless it is told otherwise. */
function credentials(service: ComposeService): Record<string, string | undefined> {
  const {user, name} = credentialsOf(service)
  return {'database.user': user, 'database.name': name ?? user}
}

function named(project: ComposeProject, setting: Sourced | undefined): ComposeService | undefined {
  return project.services.find(({name}) => name === setting?.value)
}

function layerOf(values: Readonly<Record<string, string | null | undefined>>, from: string): Layer {
  const known = Object.entries(values).filter(([, value]) => value !== undefined && value !== null)
  return new Map(known.map(([key, value]) => [key, {value, source: {kind: 'detected', from}}]))
}
