import {Flags} from '@oclif/core'
import {BaseCommand, changeFlags, duration} from '../../base-command.ts'
import type {Answer} from '../../lib/output/document.ts'
import {deployResume} from '../../lib/procedures/deploy-resume.ts'
import {answerRelease} from '../../release-answers.ts'

export default class DeployResume extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'End a release that was cut off: say what is half-done, and go on from there or put back what ran before.'
  static override examples = [
    {description: 'See what is half-done.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    '<%= config.bin %> <%= command.id %>',
    {description: 'Put back what ran before.', command: '<%= config.bin %> <%= command.id %> --back'},
  ]

  static override flags = {...changeFlags, back: Flags.boolean({default: false, summary: 'Put back what ran before instead of going on.'})}

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(DeployResume)
    const context = await this.context()
    const {releaseRulesOf} = await import('../../lib/config/release-rules.ts')
    const {allowEmpty, anomaly, jobs = null} = context.config.backup
    const input = {back: flags.back, rules: releaseRulesOf(context.config), backup: {allowEmpty, anomaly, jobs, tags: ['deploy']}}
    const options = {dryRun: flags['dry-run'], lockWaitMilliseconds: duration('--lock-wait', flags['lock-wait'])}
    return answerRelease('deploy-resume', deployResume, input, {context, options})
  }
}
