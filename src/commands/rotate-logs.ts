import {BaseCommand, changeFlags, duration} from '../base-command.ts'
import {perform} from '../lib/change.ts'
import {rotateLogsInputOf} from '../lib/config/logs-input.ts'
import type {JobName} from '../lib/domain/job.ts'
import {exitCodes} from '../lib/errors.ts'
import {changeAnswer, planAnswer, type Answer} from '../lib/output/document.ts'
import {findingLines, rotateLogsMessage, rotateLogsView} from '../lib/output/views/rotate-logs.ts'
import {rotateLogs} from '../lib/procedures/rotate-logs.ts'

export default class RotateLogs extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Rotate log files, keep the last lines of each service, and look whether Docker bounds its own logs.'
  static override description =
    "Every word of logs.rotate means what it means to logrotate; without it, sparkone-*.log in the logs folder are rotated daily and kept for 7 days. A log that is seen for the first time is only noted. copytruncate is done only where every writer appends. Docker's own log files are never opened: where a container's have no bound, the lines to add to the Compose file are shown."
  static override examples = [
    {description: 'See what would be rotated, and why.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    '<%= config.bin %> <%= command.id %>',
    {description: 'From cron: silent when all is well.', command: '<%= config.bin %> <%= command.id %> --cron'},
  ]

  static override flags = changeFlags

  protected override async job(): Promise<JobName | null> {
    const {flags} = await this.parse(RotateLogs)
    return flags['dry-run'] ? null : 'logs'
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(RotateLogs)
    const {ports, config} = await this.context()
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    const {plan, result} = await perform(rotateLogs, rotateLogsInputOf(config), ports, options)
    if (!result) {
      const planned = planAnswer('rotate-logs', plan.summary)
      const human = [planned.human, ...findingLines(plan.findings, this.mode)].join('\n')
      return {...planned, human, body: {...planned.body, findings: plan.findings}}
    }
    const {rotated, removed, snapshots, findings} = result
    return changeAnswer('rotate-logs', {
      human: rotateLogsView(result, this.mode),
      message: rotateLogsMessage(result),
      exitCode: findings.some(({status}) => status !== 'ok') ? exitCodes.warning : 0,
      measurements: [
        {label: 'rotated', value: rotated.length},
        {label: 'removed', value: removed.length},
        {label: 'findings', value: findings.filter(({status}) => status !== 'ok').length},
      ],
      body: {rotated, removed, snapshots, idle: plan.idle, findings},
    })
  }
}
