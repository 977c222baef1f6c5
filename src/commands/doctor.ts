import {Args, Flags} from '@oclif/core'
import {BaseCommand, duration, fromCommandLine} from '../base-command.ts'
import {checkAnswer, type Answer} from '../lib/output/document.ts'
import {doctorListView, doctorView} from '../lib/output/views/doctor.ts'
import {checksNamed, doctor, doctorChecks} from '../lib/procedures/doctor.ts'

export default class Doctor extends BaseCommand {
  static override kind = 'check' as const
  static override summary = 'Look whether sparkone can do its own work here: keys, server, folders, schedule, copies elsewhere, containers.'
  static override description =
    'Where health looks at the product, doctor looks at what backups and restores need: that somebody can decrypt what is encrypted, that a throw-away server starts and has every extension, that folders belong to nobody else, that something calls what is scheduled. It starts and removes a throw-away server, and changes nothing else.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Some checks only, by name.', command: '<%= config.bin %> <%= command.id %> clock throw-away'},
    '<%= config.bin %> <%= command.id %> --list',
    '<%= config.bin %> <%= command.id %> --json',
  ]
  static override strict = false
  static override args = {check: Args.string({description: 'Name of a check; any number of them.', ...fromCommandLine})}
  static override flags = {list: Flags.boolean({summary: 'List the checks and look at nothing.'})}

  /** For doctor the limit is that of each probe, so it does not end the run. */
  protected override timeoutMilliseconds(): null {
    return null
  }

  protected async answer(): Promise<Answer> {
    const {flags, argv} = await this.parse(Doctor)
    if (flags.list) return this.#list()
    const only = argv.length === 0 ? doctorChecks : checksNamed(argv.map(String))
    const {config, ports, file} = await this.context()
    const [{doctorInputOf}, {ownFolders}] = await Promise.all([import('../lib/config/doctor-input.ts'), import('../context.ts')])
    const limit = flags.timeout === undefined ? config.health.timeout : duration('--timeout', flags.timeout)
    const input = {...doctorInputOf(config, file, ownFolders(config), limit), only}
    const findings = doctor.judge(await doctor.gather(input, ports), input)
    return checkAnswer('doctor', findings, doctorView(findings, this.mode), {findings})
  }

  #list(): Answer {
    const checks = doctorChecks.map(({name, about}) => ({name, about}))
    const message = `${checks.length} checks`
    const findings = [{subject: 'doctor', status: 'ok' as const, message}]
    return {verb: 'doctor', exitCode: 0, findings, human: doctorListView(checks, this.mode), body: {status: 'ok', checks}}
  }
}
