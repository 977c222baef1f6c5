import {bashScript} from './bash.ts'
import {completedCommands, completedTopics, type DescribedCommand} from './commands.ts'
import {fishScript} from './fish.ts'
import {zshScript} from './zsh.ts'

export const shells = ['bash', 'zsh', 'fish'] as const
export type ShellName = (typeof shells)[number]

export interface Described {
  commands: readonly DescribedCommand[]
  /** Of words that are no command by themselves. */
  topics: Readonly<Record<string, string>>
  /** Words of arguments that the program itself has, by the name of the argument. */
  known: Readonly<Record<string, readonly string[]>>
}

const scripts = {bash: bashScript, zsh: zshScript, fish: fishScript}

/** Returns the script by which a shell completes what is typed of sparkone. */
export function completionScript(shell: ShellName, {commands, topics, known}: Described): string {
  const completed = completedCommands(commands, known)
  return scripts[shell](completed, completedTopics(completed, topics))
}
