import {loadHelpClass, type Hook} from '@oclif/core'
import {answerUnknownCommand} from '../unknown-command.ts'

/** Answers a command that does not exist; `sparkone help …` is what many type for `--help`, and is taken as that. */
const commandNotFound: Hook.CommandNotFound = async ({id, argv = [], config}) => {
  const words = [...id.split(':'), ...argv]
  if (words[0] === 'help') {
    const Help = await loadHelpClass(config)
    await new Help(config).showHelp(words.slice(1))
  } else await answerUnknownCommand(words, config)
  // oclif takes an answer as a sign that the failure was dealt with.
  return {}
}

export default commandNotFound
