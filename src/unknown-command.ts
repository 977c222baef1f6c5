import type {Interfaces} from '@oclif/core'
import {unexpectedArgument, unknownCommand} from './did-you-mean.ts'
import {errorAnswer} from './lib/output/document.ts'
import {modeOfRawArguments} from './lib/output/mode.ts'
import {deliver} from './lib/output/reporter.ts'
import {terminal} from './terminal.ts'

/** Answers a command that does not exist in the form that the command line asks for, and sets the exit code of wrong usage. */
export async function answerUnknownCommand(words: readonly string[], {commands}: Interfaces.Config): Promise<void> {
  const known = commands.filter(({hidden}) => !hidden).map(({id}) => id.replaceAll(':', ' '))
  // oclif takes what follows a command that has no arguments for a part of its name.
  const command = known.find((name) => `${words.join(' ')} `.startsWith(`${name} `))
  const error = command === undefined ? unknownCommand(typed(words, known), known) : unexpectedArgument(command, words, known)
  await deliver(errorAnswer(command?.replaceAll(' ', '-') ?? 'sparkone', error), modeOfRawArguments(words, terminal()), process)
  process.exitCode = error.exitCode
}

/** Of two words the first may be right: `runbook shwo` is meant as a whole. */
function typed([first = '', second = '']: readonly string[], known: readonly string[]): string {
  const isTopic = known.some((name) => name.startsWith(`${first} `))
  return isTopic && second !== '' && !second.startsWith('-') ? `${first} ${second}` : first
}
