import type {CompletedCommand, CompletedFlag, CompletedTopic, Values} from './commands.ts'

/** Returns the script for fish 3 and later. */
export function fishScript(commands: readonly CompletedCommand[], topics: readonly CompletedTopic[]): string {
  const beginnings = [...new Set([...commands, ...topics].map(({name}) => name))]
  const others = topics.filter(({name}) => !commands.some((command) => command.name === name))
  const valued = new Set(commands.flatMap(({flags}) => flags.filter(({values}) => values !== null).flatMap(formsOf)))
  return [
    '# Completion of sparkone in fish, as `sparkone completion fish` prints it.',
    `set -g __sparkone_commands ${beginnings.map(quoted).join(' ')}`,
    `set -g __sparkone_valued ${[...valued].join(' ')}`,
    functions,
    'complete -c sparkone -e',
    'complete -c sparkone -f',
    ...[...commands, ...others].map(offer),
    "complete -c sparkone -n '__sparkone_next \"\"' -l help -d 'Show help.'",
    "complete -c sparkone -n '__sparkone_next \"\"' -l version -d 'Show the version.'",
    ...flagLines(commands),
    ...commands.flatMap(argumentLine),
    '',
  ].join('\n')
}

const functions = `function __sparkone_words
    set -l words (commandline -opc)
    set -e words[1]
    string join \\n -- $words
end

# Prints the command on the first line, and how many arguments follow it on the second.
function __sparkone_command
    set -l command ''
    set -l given 0
    set -l ended no
    set -l pending no
    for word in (__sparkone_words)
        set -l longer (string trim -- "$command $word")
        if test $pending = yes
            set pending no
        else if test $ended = no; and contains -- "$longer" $__sparkone_commands
            set command "$longer"
        else
            set ended yes
            if not string match -q -- '-*' "$word"
                set given (math $given + 1)
            else if contains -- "$word" $__sparkone_valued
                set pending yes
            end
        end
    end
    test $ended = yes; and test $given = 0; and set given flags
    string join \\n -- "$command" $given
end

# Whether another word of a command can follow.
function __sparkone_next
    set -l state (__sparkone_command)
    test "$state[1]" = "$argv[1]"; and test "$state[2]" = 0
end

function __sparkone_at
    set -l state (__sparkone_command)
    contains -- "$state[1]" $argv
end

# Whether the first argument of the command can follow.
function __sparkone_first
    set -l state (__sparkone_command)
    test "$state[1]" = "$argv[1]"; and contains -- "$state[2]" 0 flags
end

function __sparkone_names
    set -l place
    set -l program (commandline -opc)[1]
    string match -q -- '*/*' "$program"; and test -x "$program"; or set program sparkone
    for word in (__sparkone_words)
        if contains -- "$place[-1]" --config --env; or string match -q -r -- '^--(config|env)(=|$)' "$word"
            set -a place "$word"
        end
    end
    type -q $program; and $program completion names $argv[1] $place 2>/dev/null </dev/null
end
`

function offer({name, summary}: {name: string; summary: string}): string {
  const words = name.split(' ')
  const last = words.at(-1)!
  const before = words.slice(0, -1).join(' ')
  return `complete -c sparkone -n '__sparkone_next "${before}"' -a ${quoted(last)} -d ${quoted(summary)}`
}

/** Commands that have the very same flag share a line. */
function flagLines(commands: readonly CompletedCommand[]): string[] {
  const lines = new Map<string, string[]>()
  for (const {name, flags} of commands) {
    for (const flag of flags) {
      const line = flagWords(flag)
      lines.set(line, [...(lines.get(line) ?? []), name])
    }
  }
  return [...lines].map(([line, names]) => {
    return `complete -c sparkone -n '__sparkone_at ${names.map((name) => `"${name}"`).join(' ')}' ${line}`
  })
}

function flagWords({name, char, summary, values}: CompletedFlag): string {
  const forms = `-l ${name}${char === null ? '' : ` -s ${char}`}`
  return [forms, ...(values === null ? [] : [valueWords(values)]), `-d ${quoted(summary)}`].join(' ')
}

function argumentLine({name, argument}: CompletedCommand): string[] {
  if (argument === null || argument.values.from === 'nothing') return []
  const condition = `${argument.isRepeated ? '__sparkone_at' : '__sparkone_first'} "${name}"`
  return [`complete -c sparkone -n '${condition}' ${valueWords(argument.values)} -d ${quoted(argument.name)}`]
}

function valueWords(values: Values): string {
  switch (values.from) {
    case 'words':
      return `-x -a ${quoted(values.words.join(' '))}`
    case 'names':
      return `-x -k -a '(__sparkone_names ${values.kind})'`
    case 'files':
      return '-r -F'
    case 'folders':
      return "-x -a '(__fish_complete_directories)'"
    case 'nothing':
      return '-x'
  }
}

function formsOf({name, char}: CompletedFlag): string[] {
  return [`--${name}`, ...(char === null ? [] : [`-${char}`])]
}

function quoted(text: string): string {
  return `'${text.replaceAll(/['\\]/g, String.raw`\$&`)}'`
}
