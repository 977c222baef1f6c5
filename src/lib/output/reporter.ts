import type {Answer} from './document.ts'
import {toJson} from './document.ts'
import type {Mode} from './mode.ts'
import {nagiosText} from './nagios.ts'
import {prometheusText} from './prometheus-text.ts'

export interface Streams {
  stdout: {write(text: string): unknown}
  stderr: {write(text: string): unknown}
}

/** Writes the answer in the form that the mode asks for: the answer to stdout, failures for people to stderr. */
export async function deliver(answer: Answer, mode: Mode, {stdout, stderr}: Streams): Promise<void> {
  if (mode.output === 'json') stdout.write(`${JSON.stringify(toJson(answer), null, 2)}\n`)
  else if (mode.output === 'nagios') stdout.write(`${nagiosText(answer)}\n`)
  else if (mode.output === 'prometheus') stdout.write(prometheusText(answer))
  else if (mode.cron) stderr.write(`${cronBlock(answer)}\n`)
  else if (answer.failed) stderr.write(`${answer.human}\n`)
  else stdout.write(`${answer.human}\n`)
}

function cronBlock({verb, exitCode, human}: Answer): string {
  return exitCode === 0 ? `sparkone ${verb}: all is well again.` : `sparkone ${verb} ended with ${exitCode}\n${human}`
}
