import {BaseCommand, duration} from '../base-command.ts'
import {checkAnswer, type Answer} from '../lib/output/document.ts'
import {doctorView} from '../lib/output/views/doctor.ts'
import {doctor} from '../lib/procedures/doctor.ts'

export default class Doctor extends BaseCommand {
  static override kind = 'check' as const
  static override summary = 'Look whether sparkone can do its own work here: keys, server, folder of the backups, journal.'
  static override description =
    'Where health looks at the product, doctor looks at what backups and restores need: that somebody can decrypt what is encrypted, that the server answers, that the folder of the backups is whole, that no run was cut short.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']

  /** For doctor the limit is that of each probe, so it does not end the run. */
  protected override timeoutMilliseconds(): null {
    return null
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Doctor)
    const {config, ports} = await this.context()
    const limit = flags.timeout === undefined ? config.health.timeout : duration('--timeout', flags.timeout)
    const input = {timeoutMilliseconds: limit, isPhysical: config.backup.engine === 'pgbackrest'}
    const findings = doctor.judge(await doctor.gather(input, ports), input)
    return checkAnswer('doctor', findings, doctorView(findings, this.mode), {findings})
  }
}
