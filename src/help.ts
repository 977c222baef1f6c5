import {CommandHelp, Help} from '@oclif/core'
import {exitStatus} from './lib/output/exit-status.ts'
import {answerUnknownCommand} from './unknown-command.ts'

class CommandHelpWithExitStatus extends CommandHelp {
  protected override sections() {
    const {kind} = this.command as {kind?: string}
    if (kind !== 'check' && kind !== 'change' && kind !== 'lookup') return super.sections()
    return [...super.sections(), {header: 'EXIT STATUS', generate: () => exitStatus(kind)}]
  }
}

/** Help with an EXIT STATUS section for each command, and the answer every wrong command gets for one that does not exist. */
export default class HelpWithExitStatus extends Help {
  protected override CommandHelpClass = CommandHelpWithExitStatus

  override async showHelp(argv: string[]): Promise<void> {
    const words = argv.filter((word) => !word.startsWith('-'))
    const beginnings = words.map((_, index) => words.slice(0, index + 1).join(':'))
    const exists = words.length === 0 || beginnings.some((id) => this.config.findCommand(id) ?? this.config.findTopic(id))
    await (exists ? super.showHelp(argv) : answerUnknownCommand([...words, ...argv], this.config))
  }
}
