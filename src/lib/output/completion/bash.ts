import type {CompletedCommand, CompletedTopic, Values} from './commands.ts'

const functions = `__sparkone_find_command() {
  local word
  command='' ended='' pending='' given=0 place=()
  for word in "$@"; do
    if [[ -n $pending ]]; then
      [[ $pending == --config || $pending == --env ]] && place+=("$pending" "$word")
      pending=''
    elif [[ $ended == all ]]; then
      given=$((given + 1))
    elif [[ $word == -- ]]; then
      ended=all
    elif [[ $word == -* ]]; then
      ended=command
      [[ $word == --config=* || $word == --env=* ]] && place+=("$word")
      [[ $word != *=* && -n $(__sparkone_values "$command" "$word") ]] && pending=$word
    elif [[ -z $ended ]] && __sparkone_is_command "\${command:+$command }$word"; then
      command="\${command:+$command }$word"
    else
      ended=command
      given=$((given + 1))
    fi
  done
}

__sparkone_offer() {
  local values=$1 before=$2 word=$3 candidate
  local -a candidates=()
  case $values in
    'words '*) read -r -a candidates <<< "\${values#words }" ;;
    'names '*)
      compopt -o nosort 2>/dev/null
      mapfile -t candidates < <("$program" completion names "\${values#names }" "\${place[@]}" 2>/dev/null </dev/null)
      ;;
    files | folders)
      compopt -o filenames 2>/dev/null
      if [[ $values == files ]]; then mapfile -t candidates < <(compgen -f -- "$word")
      else mapfile -t candidates < <(compgen -d -- "$word"); fi
      ;;
  esac
  for candidate in "\${candidates[@]}"; do
    [[ $candidate == "$word"* ]] && COMPREPLY+=("$before$candidate")
  done
}

_sparkone() {
  local IFS=$' \\t\\n' program=sparkone current='' command ended pending given done
  local -a words place
  COMPREPLY=()
  read -r -a words <<< "\${COMP_LINE:0:COMP_POINT}"
  [[ \${words[0]} == */* && -x \${words[0]} ]] && program=\${words[0]}
  if [[ \${COMP_LINE:0:COMP_POINT} != *[[:space:]] ]]; then
    current=\${words[-1]}
    unset 'words[-1]'
  fi
  __sparkone_find_command "\${words[@]:1}"
  if [[ -n $pending ]]; then
    __sparkone_offer "$(__sparkone_values "$command" "$pending")" '' "$current"
  elif [[ $ended != all && $current == --*=* ]]; then
    __sparkone_offer "$(__sparkone_values "$command" "\${current%%=*}")" "\${current%%=*}=" "\${current#*=}"
  elif [[ $ended != all && $current == -* ]]; then
    __sparkone_offer "words $(__sparkone_flags "$command")" '' "$current"
  else
    [[ -z $ended ]] && __sparkone_offer "words $(__sparkone_commands "$command")" '' "$current"
    __sparkone_offer "$(__sparkone_argument "$command" "$given")" '' "$current"
  fi
  # Readline completes what follows the last of its word breaks, and has the rest already.
  done=\${current%"\${current##*[=:]}"}
  [[ -n $done && $COMP_WORDBREAKS == *"\${done: -1}"* ]] && COMPREPLY=("\${COMPREPLY[@]#"$done"}")
  return 0
}

complete -F _sparkone sparkone
`

/** Returns the script for bash 4.4 and later. */
export function bashScript(commands: readonly CompletedCommand[], topics: readonly CompletedTopic[]): string {
  const first = [...new Set(commands.map(({name}) => name.split(' ')[0]!))]
  const all = [...new Set([...commands, ...topics].map(({name}) => name))]
  return [
    '# Completion of sparkone in bash, as `sparkone completion bash` prints it.',
    ...caseFunction('__sparkone_is_command', '$1', [
      [all.map(quoted).join(' | '), 'return 0'],
      ['*', 'return 1'],
    ]),
    ...caseFunction('__sparkone_commands', '$1', [
      ["''", `echo '${first.join(' ')}'`],
      ...topics.map(({name}): Branch => [quoted(name), `echo '${wordsAfter(name, commands).join(' ')}'`]),
    ]),
    ...caseFunction('__sparkone_flags', '$1', [
      ["''", "echo '--help --version'"],
      ...commands.map(({name, flags}): Branch => [quoted(name), `echo '${flags.map((flag) => `--${flag.name}`).join(' ')}'`]),
    ]),
    ...caseFunction('__sparkone_argument', '$1:$2', commands.flatMap(argumentBranch)),
    ...caseFunction('__sparkone_values', '$1:$2', commands.flatMap(valueBranches)),
    functions,
  ].join('\n')
}

type Branch = readonly [pattern: string, action: string]

function caseFunction(name: string, subject: string, branches: readonly Branch[]): string[] {
  return [
    `${name}() {`,
    `  case "${subject}" in`,
    ...branches.map(([pattern, action]) => `    ${pattern}) ${action} ;;`),
    '  esac',
    '}',
    '',
  ]
}

/** Words alone, so that a name with anything else in it could not become a part of the script. */
function quoted(text: string): string {
  return `'${text.replaceAll(/[^\w :.*,-]/g, '')}'`
}

function wordsAfter(topic: string, commands: readonly CompletedCommand[]): string[] {
  return commands.filter(({name}) => name.startsWith(`${topic} `)).map(({name}) => name.split(' ')[1]!)
}

function argumentBranch({name, argument}: CompletedCommand): Branch[] {
  if (argument === null || argument.values.from === 'nothing') return []
  return [[argument.isRepeated ? `${quoted(name)}:*` : quoted(`${name}:0`), `echo '${spelled(argument.values)}'`]]
}

/** Flags that have the same values in a command share a branch. */
function valueBranches({name, flags}: CompletedCommand): Branch[] {
  const patterns = new Map<string, string[]>()
  for (const {name: flag, char, values} of flags) {
    if (values === null) continue
    const forms = [`--${flag}`, ...(char === null ? [] : [`-${char}`])].map((form) => quoted(`${name}:${form}`))
    patterns.set(spelled(values), [...(patterns.get(spelled(values)) ?? []), ...forms])
  }
  return [...patterns].map(([values, forms]) => [forms.join(' | '), `echo '${values}'`])
}

function spelled(values: Values): string {
  if (values.from === 'words') return `words ${values.words.join(' ')}`
  return values.from === 'names' ? `names ${values.kind}` : values.from
}
