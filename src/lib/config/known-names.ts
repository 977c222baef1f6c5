import {readComposeProject} from './compose-file.ts'
import {isRecord} from './layers.ts'
import {glimpseConfig, type LoadOptions} from './load.ts'

/** What a configuration names, as far as it can be told. */
export interface ConfiguredNames {
  project: string
  environment: string
  backupDirectory: string
  databases: string[]
  targets: string[]
  /** Read when they are asked for: it takes the Compose files. */
  services(): Promise<string[]>
}

/** Returns what the configuration names, whatever else is wrong with it. Throws where it may not be read or is no YAML. */
export async function readConfiguredNames(options: Required<LoadOptions>): Promise<ConfiguredNames> {
  const settings = await glimpseConfig(options)
  const of = (key: string) => settings.get(key)?.value
  const listed = (key: string) => (Array.isArray(of(key)) ? (of(key) as unknown[]) : [])
  const databases = listed('backup.databases')
  return {
    project: String(of('project')),
    environment: String(of('environment') ?? 'production'),
    backupDirectory: String(of('backup.directory')),
    databases: texts(databases.length > 0 ? databases : [of('database.name')]),
    targets: texts(listed('backup.offsite').map((target) => fieldOf(target, 'name'))),
    services: async () => {
      const files = texts(listed('compose.files'))
      const project = files.length === 0 ? null : await readComposeProject(files, options.environment)
      const named = [...(project?.services.map(({name}) => name) ?? []), ...listed('logs.files').map((file) => fieldOf(file, 'service'))]
      return texts(named)
    },
  }
}

function fieldOf(entry: unknown, key: string): unknown {
  return isRecord(entry) ? entry[key] : undefined
}

function texts(values: readonly unknown[]): string[] {
  return values.filter((value) => typeof value === 'string')
}
