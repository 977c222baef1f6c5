import type {CompletedCommand, CompletedFlag, CompletedTopic, Values} from './commands.ts'

const names = `_sparkone_names() {
  local program=sparkone word
  local -a found place
  [[ $_sparkone_program == */* && -x $_sparkone_program ]] && program=$_sparkone_program
  for word in "\${(@)words[2,CURRENT-1]}"; do
    if [[ $place[-1] == (--config|--env) || $word == (--config|--env|--config=*|--env=*) ]]; then place+=("$word"); fi
  done
  found=("\${(@f)$("$program" completion names $1 "\${place[@]}" 2>/dev/null </dev/null)}")
  compadd -o nosort -- "\${(@)found:#}"
}
`

const start = `if [[ $funcstack[1] == _sparkone ]]; then _sparkone "$@"; else compdef _sparkone sparkone; fi
`

/** Returns the script for zsh, to be read by a shell or to lie in a folder of \`fpath\` as \`_sparkone\`. */
export function zshScript(commands: readonly CompletedCommand[], topics: readonly CompletedTopic[]): string {
  const below = (topic: string) => commands.filter(({name}) => name.startsWith(`${topic} `))
  const others = topics.filter(({name}) => !commands.some((command) => command.name === name))
  const first = [...commands.filter(({name}) => !name.includes(' ')), ...others]
  return [
    '#compdef sparkone',
    '# Completion of sparkone in zsh, as `sparkone completion zsh` prints it.',
    names,
    '_sparkone() {',
    '  local curcontext="$curcontext" command=$words[2] _sparkone_program=$words[1]',
    '  local -a next',
    '  integer depth=1 found=1',
    '  if (( CURRENT == 2 )); then',
    ...offer(first, 4),
    "    [[ $PREFIX == -* ]] && _arguments '--help[Show help.]' '--version[Show the version.]'",
    '    return',
    '  fi',
    '  case $command in',
    ...topics.flatMap(({name}) => topicBranch(name, below(name))),
    '  esac',
    '  shift $depth words',
    '  (( CURRENT -= depth ))',
    '  case $command in',
    ...commands.flatMap(commandBranch),
    '  esac',
    '}',
    '',
    start,
  ].join('\n')
}

function offer(entries: readonly {name: string; summary: string}[], indent: number): string[] {
  const margin = ' '.repeat(indent)
  const lines = entries.map(({name, summary}) => `${margin}  ${quoted(`${name.split(' ').at(-1)!}:${summary}`)}`)
  return [`${margin}next=(`, ...lines, `${margin})`, `${margin}_describe -t commands command next`]
}

function topicBranch(topic: string, commands: readonly CompletedCommand[]): string[] {
  const words = commands.map(({name}) => name.split(' ')[1]!)
  return [
    `    ${topic})`,
    '      if (( CURRENT == 3 )); then',
    ...offer(commands, 8),
    `      elif [[ $words[3] == (${words.join('|')}) ]]; then`,
    '        command="$command $words[3]" depth=2',
    '      fi',
    '      ;;',
  ]
}

function commandBranch({name, flags, argument}: CompletedCommand): string[] {
  const ofArgument = argument === null ? [] : [`${argument.isRepeated ? '*' : '1'}:${argument.name}:${action(argument.values)}`]
  const specs = [...flags.flatMap(flagSpecs), ...ofArgument].map(quoted)
  return [`    ${quoted(name)})`, `      _arguments -s -S ${specs.join(' ')}`, '      ;;']
}

function flagSpecs({name, char, summary, isRepeated, values}: CompletedFlag): string[] {
  const forms = [`--${name}`, ...(char === null ? [] : [`-${char}`])]
  const before = isRepeated ? '*' : forms.length > 1 ? `(${forms.join(' ')})` : ''
  const about = `[${summary.replaceAll(/[[\]:\\]/g, String.raw`\$&`)}]`
  if (values === null) return forms.map((form) => `${before}${form}${about}`)
  return forms.map((form) => `${before}${form}${form.startsWith('--') ? '=' : '+'}${about}:${name}:${action(values)}`)
}

function action(values: Values): string {
  switch (values.from) {
    case 'words':
      return `(${values.words.join(' ')})`
    case 'names':
      return ` _sparkone_names ${values.kind}`
    case 'files':
      return '_files'
    case 'folders':
      return '_files -/'
    case 'nothing':
      return ' '
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
