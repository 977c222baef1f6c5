import path from 'node:path'
import type {Discovery} from '../domain/discovery.ts'
import type {Source} from '../domain/setting.ts'
import {OperatorError} from '../errors.ts'
import {detect} from './detect.ts'
import {isFile, fileName, type Environment} from './find.ts'
import {merged, variableLayer, type Layer} from './layers.ts'
import {readSecrets} from './secrets.ts'

export interface DiscoverOptions {
  /** Where the configuration is going to be written; `sparkone.yml` in the working folder unless named. */
  file?: string | undefined
  cwd?: string
  environment?: Environment
}

/** Returns what a configuration for the stack of the working folder would say. Throws `usage` when there is none, or nothing definite. */
export async function discover({file = fileName, cwd = process.cwd(), environment = process.env}: DiscoverOptions): Promise<Discovery> {
  const target = path.resolve(cwd, file)
  const variables = variableLayer(environment, cwd)
  const problems: string[] = []
  const secrets = await readSecrets(variables, environment, problems)
  const detection = await detect({given: variables, secrets, environment, folder: cwd, upward: true})
  if (detection === null) {
    throw new OperatorError('usage', `No stack was found: no Compose file in ${cwd} or above, and no DATABASE_URL.`, {
      hint: 'Run sparkone init in the folder of the Compose file, or with DATABASE_URL set; sparkone demo needs neither.',
    })
  }
  const [problem] = [...problems, ...detection.problems]
  if (problem !== undefined) throw new OperatorError('usage', `The stack cannot be described: ${problem}.`)
  return described(merged([variables, detection.layer]), target, await isFile(target))
}

function described(settings: Layer, file: string, exists: boolean): Discovery {
  const text = (key: string) => settings.get(key)?.value as string | undefined
  const files = (settings.get('compose.files')?.value ?? []) as readonly string[]
  return {
    file,
    exists,
    runtime: text('runtime') as Discovery['runtime'],
    project: text('project')!,
    origin: files.length > 0 ? files.map((each) => path.basename(each)).join(', ') : 'DATABASE_URL',
    compose: {
      files: files.map((each) => path.relative(path.dirname(file), each)),
      project: settings.get('compose.project')?.source.kind === 'variable' ? text('compose.project') : undefined,
    },
    database: {
      service: text('database.service'),
      name: text('database.name'),
      user: text('database.user'),
      ...partsGivenAlone(settings),
      urlVariable: variableOf(settings.get('database.url')?.source),
      passwordVariable: variableOf(settings.get('database.password')?.source),
    },
    redis: {service: text('redis.service'), urlVariable: variableOf(settings.get('redis.url')?.source)},
    api: {service: text('api.service'), url: text('api.url')},
    prometheus: {url: text('prometheus.url')},
  }
}

/** Host and port are worth writing only where no URL holds them. */
function partsGivenAlone(settings: Layer): {host?: string; port?: number} {
  if (settings.has('database.url')) return {}
  const host = settings.get('database.host')?.value as string | undefined
  const port = settings.get('database.port')?.value as number | undefined
  return {...(host && {host}), ...(port && {port})}
}

function variableOf(source: Source | undefined): string | undefined {
  return source?.kind === 'variable' ? source.name : undefined
}
