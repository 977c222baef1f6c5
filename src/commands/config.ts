import {BaseCommand} from '../base-command.ts'
import type {Answer} from '../lib/output/document.ts'
import {checkAnswer} from '../lib/output/document.ts'
import {configView} from '../lib/output/views/config.ts'

export default class Config extends BaseCommand {
  static override kind = 'check' as const
  static override summary = 'Show each setting that is in force, and where it comes from.'
  static override description =
    'Reads the configuration as every other command does: flags over environment variables over sparkone.yml over what the machine shows over defaults. All mistakes are reported at once. Secrets are never shown.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Show what holds in staging.', command: '<%= config.bin %> <%= command.id %> --env staging'},
    {description: 'Read one value in a script.', command: '<%= config.bin %> <%= command.id %> --json'},
  ]

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Config)
    const {loadConfig} = await import('../lib/config/load.ts')
    const {listSettings} = await import('../lib/config/list.ts')
    const loaded = await loadConfig({flags: {...(flags.config && {config: flags.config}), ...(flags.env && {env: flags.env})}})
    const report = {file: loaded.file, environment: loaded.config.environment, settings: listSettings(loaded)}
    const finding = {subject: 'configuration', status: 'ok' as const, message: `valid, ${loaded.file ?? 'without a file'}`}
    return checkAnswer('config', [finding], configView(report, this.mode), {...report})
  }
}
