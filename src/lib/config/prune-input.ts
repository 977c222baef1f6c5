import {OperatorError} from '../errors.ts'
import {readComposeProject} from './compose-file.ts'
import type {Environment} from './find.ts'
import type {Config} from './schema.ts'

/** What the configuration and the Compose files say of what stays. */
export interface PruneRules {
  minAge: number
  keepReleases: number
  keepDatabases: number
  cacheFloor: number
  keep: readonly string[]
  /** Null in a runtime without Compose. */
  project: string | null
  composeImages: readonly string[]
  composeServices: readonly string[] | null
}

/** Returns what `prune` goes by. Throws `usage` where the Compose files cannot be read: then nothing tells what belongs to the project. */
export async function pruneRulesOf(
  config: Pick<Config, 'prune' | 'compose' | 'project' | 'runtime'>,
  environment: Environment,
): Promise<PruneRules> {
  const {prune, compose, runtime} = config
  const isCompose = runtime === 'compose'
  const project = isCompose ? (compose.project ?? config.project) : null
  if (!isCompose || compose.files.length === 0) return {...prune, project, composeImages: [], composeServices: null}
  const {services} = await readComposeProject(compose.files, environment)
  if (services.length === 0)
    throw new OperatorError('usage', `The Compose files name no service: ${compose.files.join(', ')}.`, {hint: 'Set compose.files.'})
  return {
    ...prune,
    project,
    composeImages: services
      .flatMap(({name, imagePattern}) => [imagePattern, ...builtImages(project!, name)])
      .filter((image) => image !== ''),
    composeServices: services.map(({name}) => name),
  }
}

/** Names that Compose v2 and v1 give to an image that they build. */
function builtImages(project: string, service: string): string[] {
  return [`${project}-${service}`, `${project}_${service}`]
}
