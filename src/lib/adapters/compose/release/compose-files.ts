import {basename, join, relative} from 'node:path'
import {z} from 'zod'
import type {Config} from '../../../config/schema.ts'
import {OperatorError} from '../../../errors.ts'
import {ProgramFailure, type RunningProgram} from '../../process/executor.ts'
import {LocalExecutor} from '../../process/local.ts'
import {explainDocker} from '../docker.ts'
import type {EnvironmentFile} from './environment-file.ts'

const shownLines = 20

const configSchema = z.object({services: z.record(z.string(), z.object({image: z.string().optional()}))})

export interface ComposeOptions {
  /** Value of the version variable; what its file says unless given. */
  version?: string
  signal?: AbortSignal
  /** Another folder with the same files in it. */
  folder?: string
}

/** The Compose files of the project, with the version variable as its file has it: one in the shell of the operator must not win over that. */
export class ComposeFiles {
  readonly #config: Config
  readonly #folder: string
  readonly #variable: EnvironmentFile
  readonly #executor: LocalExecutor

  constructor(config: Config, folder: string, variable: EnvironmentFile) {
    this.#config = config
    this.#folder = folder
    this.#variable = variable
    this.#executor = new LocalExecutor({workingFolder: folder})
  }

  /** Returns the names of all services. */
  async services(): Promise<string[]> {
    return Object.keys((await this.#parsed({})).services)
  }

  /** Returns the name of the image of each service. Throws `usage` for a service that has none, or is not there. */
  async images(services: readonly string[], version?: string): Promise<{service: string; name: string}[]> {
    const parsed = await this.#parsed(version === undefined ? {} : {version})
    return services.map((service) => {
      const name = parsed.services[service]?.image
      if (name !== undefined) return {service, name}
      throw new OperatorError('usage', `Service ${service} has no image in the Compose files, so its releases could not be told apart.`, {
        hint: `Give it an image with the variable in its tag: image: example/${service}:\${${this.#config.deploy.variable}}`,
      })
    })
  }

  /** Runs Compose and returns what it says on standard output. Throws `failed` with the last lines of both, `unreachable` and `denied`. */
  async run(words: readonly string[], {version, signal, folder}: ComposeOptions = {}): Promise<string> {
    const chosen = version ?? (await this.#variable.read())
    const environment: Record<string, string> = chosen === null ? {} : {[this.#variable.name]: chosen}
    const program = this.#executor.start(['docker', 'compose', ...this.#options(folder), ...words], {environment, signal})
    const said: Uint8Array[] = []
    try {
      await collect(program, said)
    } catch (error) {
      throw explain(error, Buffer.concat(said).toString('utf8'))
    }
    return Buffer.concat(said).toString('utf8')
  }

  #options(folder: string | undefined): string[] {
    const {compose, project, deploy} = this.#config
    const files = folder === undefined ? compose.files : compose.files.map((file) => join(folder, relative(this.#folder, file)))
    return [
      ...files.flatMap((file) => ['--file', file]),
      '--project-name',
      compose.project ?? project,
      ...(folder === undefined && deploy.environmentFile === undefined ? [] : ['--env-file', this.#variable.path]),
      ...compose.profiles.flatMap((profile) => ['--profile', profile]),
    ]
  }

  async #parsed(options: ComposeOptions): Promise<z.infer<typeof configSchema>> {
    const read = configSchema.safeParse(JSON.parse(await this.run(['config', '--format', 'json'], options)))
    if (read.success) return read.data
    const files = this.#config.compose.files.map((file) => basename(file)).join(', ')
    throw new OperatorError('usage', `Compose makes no list of services of ${files}.`, {
      hint: 'docker compose config shows what it makes of them.',
    })
  }
}

async function collect(program: RunningProgram, said: Uint8Array[]): Promise<void> {
  for await (const chunk of program.stdout) said.push(chunk)
  await program.done
}

function explain(error: unknown, said: string): unknown {
  const explained = explainDocker(error)
  if (!(error instanceof ProgramFailure) || !(explained instanceof OperatorError)) return explained
  if (/is not a docker command|unknown command|unknown (?:shorthand )?flag/.test(error.stderr)) {
    return new OperatorError('incompatible', 'Releases need Compose v2, and docker has none here.', {
      hint: 'apt-get install docker-compose-plugin',
      cause: error,
    })
  }
  const lines = [...said.split('\n'), ...error.stderr.split('\n')].map((line) => line.trimEnd()).filter(Boolean)
  return new OperatorError(explained.kind, explained.message, {
    details: lines.slice(-shownLines),
    cause: error,
    ...(explained.hint === undefined ? {} : {hint: explained.hint}),
  })
}
