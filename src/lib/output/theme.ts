import {Chalk} from 'chalk'
import type {Status} from '../domain/finding.ts'

/** How a screen may look: colours and the width of the terminal. */
export interface Look {
  color: boolean
  columns: number
}

export interface Theme {
  /** The word of a status, in capitals: OK, WARNING, CRITICAL, UNKNOWN. */
  status(status: Status, text?: string): string
  hint(text: string): string
  heading(text: string): string
  dim(text: string): string
}

/** Returns the colours of a screen; without colour every function returns its text as it is. Words carry the meaning, colour only repeats it. */
export function theme({color}: Pick<Look, 'color'>): Theme {
  const chalk = new Chalk({level: color ? 1 : 0})
  const paints = {ok: chalk.green, unknown: chalk.magenta, warning: chalk.yellow, critical: chalk.red.bold}
  return {
    status: (status, text = status.toUpperCase()) => paints[status](text),
    hint: (text) => chalk.cyan(text),
    heading: (text) => chalk.bold(text),
    dim: (text) => chalk.dim(text),
  }
}
