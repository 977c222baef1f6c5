import {Flags} from '@oclif/core'
import {BaseCommand} from '../../base-command.ts'
import {checkAnswer, type Answer} from '../../lib/output/document.ts'
import {secretsCheckView} from '../../lib/output/views/secrets-check.ts'
import {secretsCheck} from '../../lib/procedures/secrets-check.ts'

export default class SecretsCheck extends BaseCommand {
  static override kind = 'check' as const
  static override summary = 'Look whether every secret is there, encrypted, not expired and not due to be rotated.'
  static override description =
    'Reads secrets/<environment>.sops.yaml, secrets/registry.yml and .sops.yaml. The names of fields stand there in clear, so no key is needed and nothing is decrypted. Without --env, every environment of the registry is looked at.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'One environment only.', command: '<%= config.bin %> <%= command.id %> --env production'},
    {description: 'For monitoring.', command: '<%= config.bin %> <%= command.id %> --output nagios'},
  ]

  static override flags = {
    directory: Flags.string({summary: 'Folder of the secrets, instead of the nearest one.', helpValue: 'FOLDER'}),
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(SecretsCheck)
    const {openSecrets} = await import('../../context.ts')
    const ports = await openSecrets(flags.directory)
    const facts = await secretsCheck.gather({environment: flags.env ?? (process.env.SPARKONE_ENV || null)}, ports)
    const {findings, fields} = secretsCheck.judge(facts)
    const {folder} = ports.secrets
    return checkAnswer('secrets-check', findings, secretsCheckView(folder, findings, this.mode), {
      folder,
      fields: fields.map(({finding: _finding, ...field}) => field),
      findings,
    })
  }
}
