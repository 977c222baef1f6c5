import {CommandHelp, Help} from '@oclif/core'
import {exitStatus} from './lib/output/exit-status.ts'

class CommandHelpWithExitStatus extends CommandHelp {
  protected override sections() {
    const {kind} = this.command as {kind?: string}
    if (kind !== 'check' && kind !== 'change') return super.sections()
    return [...super.sections(), {header: 'EXIT STATUS', generate: () => exitStatus(kind)}]
  }
}

/** Help with an EXIT STATUS section for each command. */
export default class HelpWithExitStatus extends Help {
  protected override CommandHelpClass = CommandHelpWithExitStatus
}
