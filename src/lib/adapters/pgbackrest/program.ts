import {stat} from 'node:fs/promises'
import type {LocalOptions} from '../process/local.ts'
import {serverIdentity} from '../process/identity.ts'
import {LocalExecutor} from '../process/local.ts'
import {explainPgbackrest} from './failures.ts'
import type {StanzaSettings} from './configuration.ts'

export interface ProgramOptions {
  /** How it is called, word by word. */
  command: readonly string[]
  settings: StanzaSettings
  repository: number | undefined
  signal: AbortSignal
}

/** The program pgBackRest, called for one stanza as the user that owns the data of the server. */
export class PgbackrestProgram {
  readonly settings: StanzaSettings
  readonly identity: LocalOptions['identity']
  readonly #options: ProgramOptions

  private constructor(options: ProgramOptions, identity: LocalOptions['identity']) {
    this.#options = options
    this.settings = options.settings
    this.identity = identity
  }

  static async open(options: ProgramOptions): Promise<PgbackrestProgram> {
    return new PgbackrestProgram(options, await ownerOf(options.settings.dataFolder))
  }

  /** Returns what it printed. Throws worded for the operator; `doing` begins the sentence. */
  async run(words: readonly string[], doing: string, workingFolder = '/'): Promise<string> {
    try {
      return await this.#executor(workingFolder).run(this.argv(words), {signal: this.#options.signal})
    } catch (error) {
      throw explainPgbackrest(error, doing)
    }
  }

  /** The same for what takes long: `line` is called for each line that it prints. */
  async follow(words: readonly string[], doing: string, line: (text: string) => void, workingFolder = '/'): Promise<void> {
    const program = this.#executor(workingFolder).start(this.argv([...words, '--log-level-console=detail']), {signal: this.#options.signal})
    try {
      let rest = ''
      for await (const chunk of program.stdout) {
        const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n')
        rest = lines.pop() ?? ''
        for (const text of lines) line(text)
      }
      await program.done
    } catch (error) {
      throw explainPgbackrest(error, doing)
    }
  }

  argv(words: readonly string[]): string[] {
    const {command, settings, repository} = this.#options
    const file = settings.file === null ? [] : [`--config=${settings.file}`]
    // To the archive belong all repositories; asking for one of them would be refused.
    const chosen = repository === undefined || words[0] === 'check' || words[0] === 'version' ? [] : [`--repo=${repository}`]
    return [...command, ...words.slice(0, 1), ...file, `--stanza=${settings.stanza}`, ...chosen, ...words.slice(1)]
  }

  #executor(workingFolder: string): LocalExecutor {
    return new LocalExecutor({workingFolder, ...(this.identity && {identity: this.identity})})
  }
}

/** As root, whatever it writes must belong to the user of the server; anybody else can only be themselves. */
async function ownerOf(dataFolder: string | null): Promise<LocalOptions['identity']> {
  if (process.getuid?.() !== 0) return undefined
  const owner = dataFolder === null ? null : await stat(dataFolder).catch(() => null)
  if (owner && owner.uid !== 0) return {uid: owner.uid, gid: owner.gid}
  return (await serverIdentity()) ?? undefined
}
