import {Command, Errors, Flags} from '@oclif/core'
import type {Context} from './context.ts'
import {nearestFlags} from './did-you-mean.ts'
import {listenForInterruption} from './interruption.ts'
import {exitCodes, OperatorError} from './lib/errors.ts'
import {errorAnswer, type Answer} from './lib/output/document.ts'
import {modeOfRawArguments, outputs, resolveMode, type Mode, type ModeFlags} from './lib/output/mode.ts'
import {deliver} from './lib/output/reporter.ts'
import type {JobName} from './lib/domain/job.ts'
import {parseDuration} from './lib/domain/quantity.ts'
import type {Ports} from './lib/ports.ts'
import {terminal} from './terminal.ts'

const group = 'GLOBAL'

/** Flags of commands that change something. */
export const changeFlags = {
  yes: Flags.boolean({char: 'y', summary: 'Agree in advance to what the command would ask.', helpGroup: group}),
  'dry-run': Flags.boolean({char: 'n', summary: 'Show the plan and change nothing.', helpGroup: group}),
  'lock-wait': Flags.string({
    default: '0s',
    summary: 'How long to wait for another run to end, such as 10m.',
    helpGroup: group,
    helpValue: 'TIME',
  }),
}

/** For commands that read encrypted backups; it stands for the setting backup.encryption.identities. */
export const identityFlag = Flags.string({summary: 'Private keys of age to read encrypted backups with.', helpValue: 'FILE'})

/** For commands that work on a database where several are backed up. */
export const databaseFlag = Flags.string({summary: 'Database, where backup.databases names several.', helpValue: 'NAME'})

/** Returns the setting that the database flag stands for. */
export function ofDatabase(name: string | undefined): Readonly<Record<`${string}.${string}`, unknown>> {
  return name === undefined ? {} : {'database.name': name}
}

/** Returns the setting that the identity flag stands for. */
export function readingWith(identity: string | undefined): Readonly<Record<`${string}.${string}`, unknown>> {
  return identity === undefined ? {} : {'backup.encryption.identities': {file: identity}}
}

/** Of commands that read a backup. */
export const fromFlag = Flags.string({
  summary: 'Place to take the backup from: local, or the name of a target off-site.',
  helpValue: 'PLACE',
})

/** For every argument: in a loop over lines of a file, or behind `yes |`, standard input holds something else. */
export const fromCommandLine = {ignoreStdin: true} as const

/** The one base class: global flags, signals, ports, one answer, one place that turns errors into words and codes. */
export abstract class BaseCommand extends Command {
  /** Decides which column of the exit-code table holds. */
  static kind: 'check' | 'change' | 'lookup' = 'check'

  static override baseFlags = {
    output: Flags.option({options: outputs})({char: 'o', summary: 'Form of the answer.', default: 'human', helpGroup: group}),
    json: Flags.boolean({summary: 'Short for --output json.', helpGroup: group}),
    cron: Flags.boolean({summary: 'Run unattended: silent when all is well, one block on stderr when it is not.', helpGroup: group}),
    quiet: Flags.boolean({char: 'q', summary: 'No progress.', helpGroup: group}),
    verbose: Flags.boolean({char: 'v', summary: 'Say more on stderr.', helpGroup: group}),
    'no-input': Flags.boolean({summary: 'Never ask.', helpGroup: group}),
    config: Flags.string({summary: 'Configuration file instead of the one found.', helpGroup: group, helpValue: 'FILE'}),
    env: Flags.string({summary: 'Environment: production, staging or development.', helpGroup: group, helpValue: 'NAME'}),
    timeout: Flags.string({
      summary: 'Limit of the whole run (health, doctor, cert-check: of each probe), such as 30m.',
      helpGroup: group,
      helpValue: 'TIME',
    }),
  }

  protected mode: Mode = modeOfRawArguments(this.argv, terminal())
  /** By what flags override. */
  readonly #contexts = new Map<string, Context>()
  #tell: (() => Promise<string[]>) | undefined
  readonly #abort = new AbortController()

  /** Does the work and returns what there is to say. */
  protected abstract answer(): Promise<Answer>

  /** The job that this run does its part of, if any: then it is remembered, and with `--cron` it goes by the schedule. */
  protected async job(): Promise<JobName | null> {
    return null
  }

  async run(): Promise<void> {
    const {flags} = await this.parse(this.ctor as typeof BaseCommand)
    this.mode = resolveMode(flags as ModeFlags, terminal())
    const announce = (line: string) => this.mode.cron || process.stderr.write(`\n${line}\n`)
    const release = listenForInterruption({abort: this.#abort, limit: this.timeoutMilliseconds(flags), announce})
    try {
      await this.#conclude(await this.#attended())
    } finally {
      release()
    }
  }

  /** The signal that Ctrl-C, a kill or `--timeout` aborts. */
  protected get signal(): AbortSignal {
    return this.#abort.signal
  }

  /** Milliseconds after which the run is ended, or null. Commands whose `--timeout` means something else override this. */
  protected timeoutMilliseconds(flags: {timeout?: string | undefined}): number | null {
    return flags.timeout === undefined ? null : duration('--timeout', flags.timeout)
  }

  /** Everything that is built from the configuration; `overrides` are settings that flags of the command stand for. Tests override this. */
  protected async context(overrides: Readonly<Record<`${string}.${string}`, unknown>> = {}): Promise<Context> {
    const key = JSON.stringify(overrides)
    const known = this.#contexts.get(key)
    if (known) return known
    const {flags} = await this.parse(this.ctor as typeof BaseCommand)
    const {createContext} = await import('./context.ts')
    const context = await createContext({
      mode: this.mode,
      signal: this.signal,
      version: this.config.version,
      flags: {...(flags.config && {config: flags.config}), ...(flags.env && {env: flags.env}), ...overrides},
    })
    this.#contexts.set(key, context)
    return context
  }

  protected async ports(): Promise<Ports> {
    return (await this.context()).ports
  }

  protected override async catch(error: Error): Promise<void> {
    if (error instanceof Errors.ExitError) throw error
    await this.#conclude(this.#failed(error))
  }

  #failed(error: unknown): Answer {
    const failure = this.#asOperatorError(error as Error)
    if (failure.kind === 'bug' && (this.mode.verbose || process.env.SPARKONE_DEBUG)) process.stderr.write(`${(error as Error).stack}\n`)
    return errorAnswer(this.#verb, failure, this.#exitCodeOf(failure))
  }

  get #verb(): string {
    return (this.id ?? 'sparkone').replaceAll(':', '-')
  }

  async #attended(): Promise<Answer> {
    const job = await this.job()
    if (job === null) return this.answer()
    const {answerAttended, answerRemembered} = await import('./attendance.ts')
    const work = () => this.answer()
    if (!this.mode.cron) {
      const {answer, troubles} = await answerRemembered(job, await this.context(), work)
      this.#warn(troubles)
      return answer
    }
    const {answer, tell, troubles} = await answerAttended(job, await this.context(), {answer: work, failed: (error) => this.#failed(error)})
    this.#tell = tell
    await this.#warnOfNews(troubles)
    return answer
  }

  async #conclude(answer: Answer): Promise<void> {
    const news = this.mode.cron ? await this.#newsOf(answer) : 'change'
    if (news !== null) await deliver(answer, this.mode, {stdout: process.stdout, stderr: process.stderr})
    if (news === 'change' && this.#tell) this.#warn(await this.#tell())
    process.exitCode = answer.exitCode
  }

  #warn(troubles: readonly string[]): void {
    for (const trouble of troubles) process.stderr.write(`Warning: ${trouble}\n`)
  }

  // A receiver that is down is told of once as well, and not with each run.
  async #warnOfNews(troubles: readonly string[]): Promise<void> {
    const code = troubles.length === 0 ? 0 : exitCodes.warning
    if ((await this.#newsFor('told', code)) !== null) this.#warn(troubles)
  }

  // In cron mode a message is for a change of state or once a day, not for each run.
  async #newsOf({verb, exitCode, quiet}: Answer): Promise<'change' | 'reminder' | null> {
    return quiet ? null : this.#newsFor(verb, exitCode)
  }

  async #newsFor(subject: string, exitCode: number): Promise<'change' | 'reminder' | null> {
    const {cronMemory} = await import('./context.ts')
    try {
      return await (await cronMemory()).news([subject, process.cwd(), ...this.argv].join(' '), exitCode, new Date())
    } catch {
      // On a full disk nothing can be remembered, and telling it each time is better than not at all.
      return 'change'
    }
  }

  #exitCodeOf(failure: OperatorError): number {
    const interrupted = failure.kind === 'interrupted' || failure.kind === 'terminated'
    const isCheck = (this.ctor as typeof BaseCommand).kind === 'check'
    return isCheck && !interrupted ? exitCodes.usage : failure.exitCode
  }

  #asOperatorError(error: Error): OperatorError {
    if (error instanceof OperatorError) return error
    if (this.signal.aborted && this.signal.reason instanceof OperatorError) return this.signal.reason
    if (error instanceof Errors.CLIError) return usageError(error, this.#verb)
    return new OperatorError('bug', `sparkone has a bug: ${error.message}`, {
      hint: 'Run again with SPARKONE_DEBUG=1 and report what it prints.',
      cause: error,
    })
  }
}

/** Returns milliseconds. Throws `usage`, naming the flag. */
export function duration(flag: string, text: string): number {
  const milliseconds = parseDuration(text)
  if (milliseconds === null)
    throw new OperatorError('usage', `${flag} ${text} is no duration.`, {hint: 'Write for example 30s, 10m or 2h.'})
  return milliseconds
}

function usageError(error: Error, verb: string): OperatorError {
  const noise = /^(?:See more help with --help|The following errors? occurred:)?$/
  const lines = error.message.split('\n').map((line) => line.trim())
  const [message = '', ...details] = lines.filter((line) => !noise.test(line))
  const hint = [flagMeant(error), `sparkone ${verb.replaceAll('-', ' ')} --help shows what can be given.`]
  return new OperatorError('usage', message, {hint: hint.filter((part) => part !== null).join(' '), details})
}

/** oclif says which flags it does not know, and which it does, only on the error itself. */
function flagMeant(error: Error): string | null {
  const {flags, parse} = error as {flags?: unknown; parse?: {input?: {flags?: object}}}
  return Array.isArray(flags) ? nearestFlags(flags.map(String), Object.keys(parse?.input?.flags ?? {})) : null
}
