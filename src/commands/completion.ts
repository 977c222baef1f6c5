import {Args} from '@oclif/core'
import {BaseCommand, fromCommandLine} from '../base-command.ts'
import {completionScript, shells, type ShellName} from '../lib/output/completion/script.ts'
import {lookupAnswer, type Answer} from '../lib/output/document.ts'
import {doctorChecks} from '../lib/procedures/doctor.ts'

export default class Completion extends BaseCommand {
  static override kind = 'lookup' as const
  static override summary = 'Print what a shell needs to complete commands, flags and names of sparkone.'
  static override description = `Names are those of backups, releases, runbooks, alerts, services, databases and places, as they are on this machine when Tab is pressed: sparkone reads the configuration and its folders for that, asks no service, and changes nothing. A backup that is nowhere but off-site, or in a folder that this user may not read, is not offered.
For every user, as root: into /etc/bash_completion.d/sparkone, /usr/local/share/zsh/site-functions/_sparkone or /etc/fish/completions/sparkone.fish. Print it again after an update, for new commands and flags.`
  static override examples = [
    {
      description: 'In bash, for this user: a line in ~/.bashrc.',
      command: `echo 'source <(<%= config.bin %> completion bash)' >> ~/.bashrc`,
    },
    {
      description: 'In zsh: a line in ~/.zshrc, behind compinit.',
      command: `echo 'source <(<%= config.bin %> completion zsh)' >> ~/.zshrc`,
    },
    {description: 'In fish.', command: '<%= config.bin %> completion fish > ~/.config/fish/completions/sparkone.fish'},
  ]
  static override args = {
    shell: Args.string({...fromCommandLine, description: 'The shell.', options: [...shells], required: true}),
  }

  protected async answer(): Promise<Answer> {
    const {args} = await this.parse(Completion)
    const shell = args.shell as ShellName
    const {commands, topics} = this.config
    const script = completionScript(shell, {
      commands,
      topics: Object.fromEntries(topics.map(({name, description = ''}) => [name, description])),
      known: {check: doctorChecks.map(({name}) => name)},
    })
    return lookupAnswer('completion', {human: script.trimEnd(), message: `completion for ${shell}`, body: {shell, script}})
  }
}
