import type {Hook} from '@oclif/core'
import {unknownCommand} from '../did-you-mean.ts'
import {errorAnswer} from '../lib/output/document.ts'
import {modeOfRawArguments} from '../lib/output/mode.ts'
import {deliver} from '../lib/output/reporter.ts'

/** Answers a command that does not exist, in the form that the command line asks for, and ends with the code of wrong usage. */
const commandNotFound: Hook.CommandNotFound = async ({id, argv = [], config}) => {
  const words = [...id.split(':'), ...argv]
  const commands = config.commands.filter(({hidden}) => !hidden).map((command) => command.id.replaceAll(':', ' '))
  const error = unknownCommand(words[0]!, commands)
  const {stdin, stdout, stderr, env: environment} = process
  const terminal = {
    stdinIsTTY: Boolean(stdin.isTTY),
    stdoutIsTTY: Boolean(stdout.isTTY),
    stderrIsTTY: Boolean(stderr.isTTY),
    columns: stdout.columns as number | undefined,
    environment,
  }
  await deliver(errorAnswer('sparkone', error), modeOfRawArguments(words, terminal), {stdout, stderr})
  process.exitCode = error.exitCode
  return {}
}

export default commandNotFound
