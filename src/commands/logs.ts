import {Args, Flags} from '@oclif/core'
import {BaseCommand, fromCommandLine} from '../base-command.ts'
import {logsInputOf} from '../lib/config/logs-input.ts'
import {logFilters} from '../lib/domain/log-line.ts'
import {parseMoment} from '../lib/domain/moment.ts'
import {count, parseDuration} from '../lib/domain/quantity.ts'
import {OperatorError} from '../lib/errors.ts'
import {lookupAnswer, type Answer} from '../lib/output/document.ts'
import {logsBody, logsView} from '../lib/output/views/logs.ts'
import type {Ports} from '../lib/ports.ts'
import {followLogs, readLogs, type LogsInput} from '../lib/procedures/logs.ts'

/** More than anybody reads, and as many as fit into the memory. */
const mostLines = 100_000
const standardLines = 100

export default class Logs extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary = 'Show what the services logged, in the order of time: all, or errors, security and slowness alone.'
  static override description = `Lines come out of the containers of the Compose project, and out of the files of logs.files. Lines of JSON are shown in columns, others as they are; times are UTC. Control characters are escaped, and secrets of the configuration are not shown.
With --follow, Ctrl-C ends the run with exit code 130.`
  static override examples = [
    {description: 'The last 100 lines of each service.', command: '<%= config.bin %> <%= command.id %>'},
    {
      description: 'Errors of the API in the last ten minutes.',
      command: '<%= config.bin %> <%= command.id %> api --since 10m --only errors',
    },
    {description: 'Watch for failed logins and limits of rate.', command: '<%= config.bin %> <%= command.id %> --follow --only security'},
  ]
  static override args = {
    service: Args.string({...fromCommandLine, description: 'Service whose lines are shown; all without it.'}),
  }
  static override flags = {
    lines: Flags.integer({char: 'n', summary: 'Last lines of each service.', min: 1, max: mostLines, helpValue: 'N'}),
    since: Flags.string({summary: 'Only what was logged since then, such as 10m or 2026-11-22T09:30.', helpValue: 'TIME'}),
    follow: Flags.boolean({char: 'f', summary: 'Show lines as they come, until Ctrl-C.'}),
    only: Flags.option({options: logFilters})({summary: 'Only lines of this kind.'}),
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Logs)
    if (flags.follow && (this.mode.output !== 'human' || this.mode.cron)) {
      throw new OperatorError('usage', '--follow shows lines as they come and has no other form of output.')
    }
    const {config, ports} = await this.context()
    const input = {...logsInputOf(config), ...(await this.#asked(ports.clock.now()))}
    return flags.follow ? this.#follow(input, ports) : this.#look(input, ports)
  }

  async #asked(now: Date) {
    const {args, flags} = await this.parse(Logs)
    const since = flags.since === undefined ? null : moment(flags.since, now)
    return {
      service: args.service ?? null,
      lines: flags.lines ?? (since === null ? standardLines : mostLines),
      since,
      only: flags.only ?? null,
    }
  }

  async #look(input: LogsInput, ports: Ports): Promise<Answer> {
    const lines = await readLogs(input, ports)
    const human = lines.length === 0 ? 'No such line was logged.' : logsView(lines, this.mode)
    return lookupAnswer('logs', {human, message: count(lines.length, 'line'), body: {lines: logsBody(lines)}})
  }

  async #follow(input: LogsInput, ports: Ports): Promise<Answer> {
    await followLogs(input, ports, (lines) => this.log(logsView(lines, this.mode)))
    return {verb: 'logs', exitCode: 0, body: {}, findings: [], human: 'Every log has ended.'}
  }
}

function moment(text: string, now: Date): Date {
  const ago = parseDuration(text)
  const time = ago === null ? parseMoment(text, now) : new Date(now.getTime() - ago)
  if (time !== null) return time
  throw new OperatorError('usage', `--since ${text} is no time.`, {hint: 'Write for example 10m, 2h, or 2026-11-22T09:30.'})
}
