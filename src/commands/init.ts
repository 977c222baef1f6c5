import {Flags} from '@oclif/core'
import {BaseCommand, changeFlags} from '../base-command.ts'
import type {Answer} from '../lib/output/document.ts'
import {initView} from '../lib/output/views/init.ts'
import {planInit} from '../lib/procedures/init.ts'

export default class Init extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Write a sparkone.yml for the stack of this folder.'
  static override description =
    'Finds the Compose project of the folder, or the database of DATABASE_URL, and writes what it found with comments. It asks nothing, stores no secret, and leaves an existing file alone.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'See what would be written.', command: '<%= config.bin %> <%= command.id %> --dry-run'},
    {description: 'Start over; the old file is kept as .bak.', command: '<%= config.bin %> <%= command.id %> --force'},
  ]
  static override flags = {
    force: Flags.boolean({summary: 'Replace an existing file and keep it as .bak.'}),
    'dry-run': changeFlags['dry-run'],
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Init)
    const {discover} = await import('../lib/config/discover.ts')
    const {writeConfiguration} = await import('../lib/config/write.ts')
    const plan = planInit(await discover({file: flags.config}), flags.force)
    const written = !flags['dry-run']
    if (written) await writeConfiguration(plan.file, plan.text, plan.replaces)
    const {file, text, summary} = plan
    const report = {file, text, summary, replaced: written && plan.replaces, written}
    const message = written ? `wrote ${file}` : `would write ${file}`
    return {
      verb: 'init',
      exitCode: 0,
      body: {status: written ? 'done' : 'planned', ...report},
      human: initView(report),
      findings: [{subject: 'init', status: 'ok', message}],
    }
  }
}
