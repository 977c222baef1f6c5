import {Args, Flags} from '@oclif/core'
import {
  BaseCommand,
  changeFlags,
  databaseFlag,
  duration,
  fromCommandLine,
  fromFlag,
  identityFlag,
  ofDatabase,
  readingWith,
} from '../base-command.ts'
import {perform, type PerformOptions} from '../lib/change.ts'
import type {JobName} from '../lib/domain/job.ts'
import {planAnswer, type Answer} from '../lib/output/document.ts'
import {filesProofAnswer} from '../lib/output/files-answer.ts'
import {proofAnswer} from '../lib/output/proof-answer.ts'
import type {Ports} from '../lib/ports.ts'
import {forEachDatabase} from '../several-databases.ts'
import {verifyFiles} from '../lib/procedures/verify-files.ts'
import {verify, type VerifyInput} from '../lib/procedures/verify.ts'

export default class Verify extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Prove a backup: restore it into a throw-away server and compare everything.'
  static override description =
    'Every table is compared by its contents, and indexes, constraints, sequences, functions, triggers, extensions, roles and privileges one by one; every index is asked whether it works. The proof is kept with the backup. A backup that fails ends with 13.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Prove a certain backup.', command: '<%= config.bin %> <%= command.id %> 20260102T020000Z-3f9a1c'},
    {description: 'Prove the newest backup of files.', command: '<%= config.bin %> <%= command.id %> --files'},
    {description: 'Prove a dump that another tool made.', command: '<%= config.bin %> <%= command.id %> ./dump.sql.gz'},
  ]

  static override args = {
    backup: Args.string({
      ...fromCommandLine,
      description: 'An id or the beginning of one, `latest`, or the path of a dump.',
      default: 'latest',
    }),
  }

  static override flags = {
    ...changeFlags,
    from: fromFlag,
    identity: identityFlag,
    database: databaseFlag,
    files: Flags.boolean({summary: 'A backup of files; the newest where none is named.'}),
    at: Flags.string({
      summary: "With pgBackRest: recover to this time, such as 2026-11-22T09:30 (UTC) or '2 hours ago'.",
      helpValue: 'TIME',
      exclusive: ['files'],
    }),
  }

  /** The proof of an older backup, or of a dump of another tool, says nothing of how things stand. */
  protected override async job(): Promise<JobName | null> {
    const {args, flags} = await this.parse(Verify)
    if (args.backup !== 'latest' || flags['dry-run']) return null
    return flags.files ? 'verifyFiles' : 'verify'
  }

  protected async answer(): Promise<Answer> {
    const {args, flags} = await this.parse(Verify)
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const {ports, config} = await this.context({...readingWith(flags.identity), ...ofDatabase(flags.database)})
    const input = {selector: args.backup, from: flags.from}
    if (flags.files) return this.#files(input, ports, options)
    const {answerPhysicalVerify, isPhysical, meansPhysical} = await import('../physical-answers.ts')
    if (isPhysical(config, {at: flags.at}) && meansPhysical(args.backup)) return answerPhysicalVerify(ports, args.backup, flags.at, options)
    const {databases} = config.backup
    if (databases.length === 0 || flags.database !== undefined || args.backup !== 'latest') return this.#prove(input, ports, options)
    return forEachDatabase({verb: 'verify', key: 'proofs', databases, signal: this.signal}, async (database) => {
      const context = await this.context({...readingWith(flags.identity), ...ofDatabase(database)})
      return this.#prove(input, context.ports, options)
    })
  }

  async #prove(input: VerifyInput, ports: Ports, options: PerformOptions): Promise<Answer> {
    const {plan, result} = await perform(verify, input, ports, options)
    if (!result) return planAnswer('verify', plan.summary)
    return proofAnswer(result.proof)
  }

  async #files(input: VerifyInput, ports: Ports, options: PerformOptions): Promise<Answer> {
    const {plan, result} = await perform(verifyFiles, input, ports, options)
    return result ? filesProofAnswer(result.proof) : planAnswer('verify', plan.summary)
  }
}
