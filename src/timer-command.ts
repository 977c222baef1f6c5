import {isAbsolute} from 'node:path'
import {Flags} from '@oclif/core'
import {BaseCommand} from './base-command.ts'
import {timerSystems} from './lib/domain/timer-files.ts'
import {OperatorError} from './lib/errors.ts'
import type {TimerInput} from './lib/procedures/cron-install.ts'

export {changeFlags} from './base-command.ts'

/** Flags of commands that deal with what calls sparkone. */
export const timerFlags = {
  // Narrowed to the systems below: the type that oclif gives to a choice without a default cannot be passed on.
  system: Flags.string({options: [...timerSystems], summary: 'What is to call sparkone.', defaultHelp: 'systemd where it runs'}),
  user: Flags.string({summary: 'Who it runs as, instead of you.', helpValue: 'NAME'}),
  root: Flags.string({summary: 'Folder that holds the tree of another machine, instead of this one.', default: '/', helpValue: 'FOLDER'}),
}

/** What the commands about timers have in common. */
export abstract class TimerCommand extends BaseCommand {
  /** Returns what is to be installed, and what the operator should know of it. Throws `usage` where no job has a schedule. */
  protected async timerInput(flags: {
    root: string
    system?: string | undefined
    user?: string | undefined
  }): Promise<{input: TimerInput; warnings: string[]}> {
    const context = await this.context()
    const {schedulesOf} = await import('./lib/config/attendance-input.ts')
    if (schedulesOf(context.config).length === 0) {
      throw new OperatorError('usage', 'No job has a schedule, so there is nothing to call.', {
        hint: "Write for example schedule: {backup: '0 2 * * *', verify: '0 2 * * *'} into the configuration.",
      })
    }
    const {callerOf} = await import('./context.ts')
    const caller = await callerOf(context, flags.user)
    return {
      input: {caller, root: this.rootOf(flags.root), system: timerSystems.find((system) => system === flags.system) ?? null},
      warnings: warningsOf(context.variables),
    }
  }

  /** Returns the folder of the tree, absolute. Throws `usage`. */
  protected rootOf(root: string): string {
    if (isAbsolute(root)) return root
    throw new OperatorError('usage', `--root ${root} is not an absolute path.`)
  }
}

function warningsOf(variables: readonly string[]): string[] {
  // It is given on the command line.
  const missing = variables.filter((name) => name !== 'SPARKONE_ENV')
  if (missing.length === 0) return []
  return [
    `The timer will not have these environment variables, which the configuration is read from now: ${missing.join(', ')}. Write them into the configuration, secrets as {file: path}.`,
  ]
}
