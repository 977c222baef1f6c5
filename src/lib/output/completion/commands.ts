import type {NameKind} from '../../domain/known-names.ts'

/** What can stand where a value belongs. `nothing`: only the operator knows. */
export type Values = {from: 'words'; words: readonly string[]} | {from: 'names'; kind: NameKind} | {from: 'files' | 'folders' | 'nothing'}

export interface CompletedFlag {
  name: string
  char: string | null
  summary: string
  isRepeated: boolean
  /** Null for one without a value. */
  values: Values | null
}

export interface CompletedCommand {
  /** As it is typed: `backup keep`. */
  name: string
  summary: string
  flags: readonly CompletedFlag[]
  /** Of its argument; null for one that takes none. */
  argument: {name: string; values: Values; isRepeated: boolean} | null
}

/** A word that more words follow: `backup` is a command as well, `cron` is not. */
export interface CompletedTopic {
  name: string
  summary: string
}

/** A command as oclif describes it. */
export interface DescribedCommand {
  id: string
  hidden?: boolean | undefined
  strict?: boolean | undefined
  summary?: string | undefined
  args: Readonly<Record<string, {name: string; options?: readonly string[] | undefined}>>
  flags: Readonly<Record<string, DescribedFlag>>
}

interface DescribedFlag {
  name: string
  type: string
  char?: string | undefined
  summary?: string | undefined
  hidden?: boolean | undefined
  multiple?: boolean | undefined
  helpValue?: string | readonly string[] | undefined
  options?: readonly string[] | undefined
}

const names = (kind: NameKind): Values => ({from: 'names', kind})
const nothing: Values = {from: 'nothing'}

const valuesOfArguments: Readonly<Record<string, Values>> = {
  alert: names('alerts'),
  backup: names('backups'),
  code: nothing,
  host: nothing,
  name: names('runbooks'),
  reference: names('references'),
  release: names('releases'),
  service: names('services'),
}

const valuesOfFlags: Readonly<Record<string, Values>> = {
  database: names('databases'),
  env: {from: 'words', words: ['production', 'staging', 'development']},
  from: names('places'),
}

const valuesByHelp: Readonly<Record<string, Values>> = {FILE: {from: 'files'}, PATH: {from: 'files'}, FOLDER: {from: 'folders'}}

const help: CompletedFlag = {name: 'help', char: 'h', summary: 'Show help.', isRepeated: false, values: null}

/** Returns what can be completed of each command, in the order of their names; `known` are the words of arguments that the program itself has. */
export function completedCommands(
  commands: readonly DescribedCommand[],
  known: Readonly<Record<string, readonly string[]>>,
): CompletedCommand[] {
  return commands
    .filter(({hidden}) => !hidden)
    .map(({id, summary = '', args, flags, strict}) => ({
      name: id.replaceAll(':', ' '),
      summary,
      flags: [
        ...Object.values(flags)
          .filter(({hidden}) => !hidden)
          .map(completedFlag),
        help,
      ].toSorted((one, other) => one.name.localeCompare(other.name, 'en')),
      argument: completedArgument(Object.values(args)[0], strict === false, known),
    }))
    .toSorted((one, other) => one.name.localeCompare(other.name, 'en'))
}

/** Returns the words that commands of two words begin with. */
export function completedTopics(commands: readonly CompletedCommand[], summaries: Readonly<Record<string, string>>): CompletedTopic[] {
  const words = new Set(commands.flatMap(({name}) => (name.includes(' ') ? [name.split(' ')[0]!] : [])))
  return [...words].map((name) => ({name, summary: commands.find((command) => command.name === name)?.summary ?? summaries[name] ?? ''}))
}

function completedFlag({name, type, char, summary = '', multiple = false, helpValue, options}: DescribedFlag): CompletedFlag {
  const byHelp = valuesByHelp[String(helpValue)] ?? nothing
  const values: Values = options ? {from: 'words', words: options} : (valuesOfFlags[name] ?? byHelp)
  return {name, char: char ?? null, summary, isRepeated: multiple, values: type === 'option' ? values : null}
}

function completedArgument(
  argument: {name: string; options?: readonly string[] | undefined} | undefined,
  isRepeated: boolean,
  known: Readonly<Record<string, readonly string[]>>,
): CompletedCommand['argument'] {
  if (argument === undefined) return null
  const {name} = argument
  const words = argument.options ?? known[name]
  return {name, isRepeated, values: words ? {from: 'words', words} : (valuesOfArguments[name] ?? nothing)}
}
