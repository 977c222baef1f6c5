export const outputs = ['human', 'json', 'nagios', 'prometheus'] as const
export type Output = (typeof outputs)[number]

/** How a run speaks: in which form, to whom, and whether somebody is there to answer. */
export interface Mode {
  output: Output
  cron: boolean
  quiet: boolean
  verbose: boolean
  /** A person sits at a terminal and may be asked. `CI=true` does not count as consent, nor as a person. */
  interactive: boolean
  /** Standard error is a terminal that can redraw lines. */
  live: boolean
  /** `--yes` was given. */
  consent: boolean
  color: boolean
  columns: number
}

export interface ModeFlags {
  output?: string
  json?: boolean
  cron?: boolean
  quiet?: boolean
  verbose?: boolean
  'no-input'?: boolean
  yes?: boolean
}

export interface Terminal {
  stdinIsTTY: boolean
  stdoutIsTTY: boolean
  stderrIsTTY: boolean
  columns: number | undefined
  environment: Readonly<Record<string, string | undefined>>
}

/** Returns the mode that flags, terminal and environment (NO_COLOR, FORCE_COLOR, TERM, CI) add up to. */
export function resolveMode(flags: ModeFlags, terminal: Terminal): Mode {
  const cron = Boolean(flags.cron)
  return {
    output: flags.json ? 'json' : toOutput(flags.output),
    cron,
    quiet: Boolean(flags.quiet),
    verbose: Boolean(flags.verbose),
    interactive: !cron && !flags['no-input'] && isAttended(terminal),
    live: terminal.stderrIsTTY && terminal.environment.TERM !== 'dumb',
    consent: Boolean(flags.yes),
    color: !cron && wantsColor(terminal),
    columns: terminal.columns ?? 80,
  }
}

/** Returns the mode for a command line that could not be parsed, so that even that failure comes in the form asked for. */
export function modeOfRawArguments(argv: readonly string[], terminal: Terminal): Mode {
  const flag = argv.findIndex((word) => word === '--output' || word === '-o')
  const inline = argv.flatMap((word) => /^(?:--output=|-o=?)(\w+)$/.exec(word)?.[1] ?? [])[0]
  const output = inline ?? (flag === -1 ? undefined : argv[flag + 1])
  return resolveMode({json: argv.includes('--json'), cron: argv.includes('--cron'), ...(output === undefined ? {} : {output})}, terminal)
}

function isAttended({stdinIsTTY, stderrIsTTY, environment}: Terminal): boolean {
  return stdinIsTTY && stderrIsTTY && !environment.CI
}

function toOutput(value: string | undefined): Output {
  return outputs.find((output) => output === value) ?? 'human'
}

function wantsColor({environment, stdoutIsTTY}: Terminal): boolean {
  if (environment.NO_COLOR) return false
  if (environment.FORCE_COLOR !== undefined) return !['0', 'false'].includes(environment.FORCE_COLOR)
  return stdoutIsTTY && environment.TERM !== 'dumb'
}
