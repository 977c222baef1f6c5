import {nearest} from './lib/domain/nearest.ts'
import {OperatorError} from './lib/errors.ts'

/** Returns the error for a command that does not exist. The nearest one is named and never run. */
export function unknownCommand(word: string, commands: readonly string[]): OperatorError {
  if (word.startsWith('-')) {
    return new OperatorError('usage', `${word} stands where a command is expected.`, {hint: 'sparkone --help lists the commands.'})
  }
  const guess = nearest(word, commands)
  const advice = guess === null ? '' : `Did you mean sparkone ${guess}? `
  return new OperatorError('usage', `There is no command ${word}.`, {hint: `${advice}sparkone --help lists the commands.`})
}

/** Returns the error for words behind a command that takes none; one of them may be meant as a command of two words. */
export function unexpectedArgument(command: string, words: readonly string[], commands: readonly string[]): OperatorError {
  const argument = words.slice(command.split(' ').length).find((word) => !word.startsWith('-')) ?? ''
  const guess = commandAfter(command, argument, commands)
  const advice = guess === null ? '' : `Did you mean sparkone ${guess}? `
  return new OperatorError('usage', `Unexpected argument: ${argument}`, {
    hint: `${advice}sparkone ${command} --help shows what can be given.`,
  })
}

/** Returns the command of two words that is meant by a command and a misspelled second word, or null. */
export function commandAfter(command: string, word: string, commands: readonly string[]): string | null {
  const seconds = commands.flatMap((name) => (name.startsWith(`${command} `) ? [name.slice(command.length + 1)] : []))
  const guess = nearest(word, seconds)
  return guess === null ? null : `${command} ${guess}`
}

/** Returns the hint for flags that a command does not have: the nearest flag of each, or null when none is near. */
export function nearestFlags(unknown: readonly string[], flags: readonly string[]): string | null {
  const long = [...flags, 'help'].map((flag) => `--${flag}`)
  const guesses = unknown.flatMap((flag) => nearest(flag.split('=')[0]!, long) ?? [])
  return guesses.length === 0 ? null : `Did you mean ${guesses.join(' ')}?`
}
