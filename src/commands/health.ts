import {Flags} from '@oclif/core'
import {BaseCommand, duration} from '../base-command.ts'
import type {HealthInput, HealthReport} from '../lib/domain/health.ts'
import {formatDuration} from '../lib/domain/quantity.ts'
import {OperatorError} from '../lib/errors.ts'
import {type Answer, checkAnswer} from '../lib/output/document.ts'
import {screen} from '../lib/output/screen.ts'
import {healthView} from '../lib/output/views/health.ts'
import type {Ports} from '../lib/ports.ts'
import {reportHealth, watchHealth} from '../lib/procedures/health.ts'

export default class Health extends BaseCommand {
  static override kind = 'check' as const
  static override summary = 'Look at the API, database, Redis, containers, machine, Prometheus and backups, worst first.'
  static override description = `Everything is looked at at once, each probe within its own limit (--timeout, 5s unless configured), so the whole takes as long as the slowest.
Nothing is called OK without evidence: a container without a health check, a backup without a proof, a probe without an answer are not.
With --watch, Ctrl-C ends the run with exit code 0.`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Look again every 10 seconds.', command: '<%= config.bin %> <%= command.id %> --watch --interval 10s'},
    {description: 'As a plugin of Nagios or Icinga.', command: '<%= config.bin %> <%= command.id %> --output nagios --timeout 8s'},
    {description: 'For the textfile collector of node-exporter.', command: '<%= config.bin %> <%= command.id %> --output prometheus'},
  ]
  static override flags = {
    watch: Flags.boolean({char: 'w', summary: 'Look again and again until Ctrl-C.'}),
    interval: Flags.string({summary: 'Pause between two looks.', default: '5s', helpValue: 'TIME'}),
  }

  /** For health the limit is that of each probe, so it does not end the run. */
  protected override timeoutMilliseconds(): null {
    return null
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Health)
    const limit = flags.timeout === undefined ? null : duration('--timeout', flags.timeout)
    const interval = duration('--interval', flags.interval)
    if (flags.watch && (this.mode.output !== 'human' || this.mode.cron)) {
      throw new OperatorError('usage', '--watch shows a screen and has no other form of output.')
    }
    const {config, ports} = await this.context()
    const {healthInputOf} = await import('../lib/config/health-input.ts')
    const input = healthInputOf(config, limit)
    return flags.watch ? this.#watch(input, ports, interval) : this.#lookOnce(input, ports)
  }

  async #lookOnce(input: HealthInput, ports: Ports): Promise<Answer> {
    const report = await reportHealth(input, ports)
    return checkAnswer('health', report.findings, healthView(report, this.mode), {...report})
  }

  async #watch(input: HealthInput, ports: Ports, interval: number): Promise<Answer> {
    const show = (report: HealthReport) => this.log(screen(healthView(report, this.mode), process.stdout.isTTY))
    const watched = await watchHealth(input, ports, interval, show)
    return {verb: 'health', exitCode: 0, body: {}, findings: [], human: `Watched for ${formatDuration(watched)}.`}
  }
}
