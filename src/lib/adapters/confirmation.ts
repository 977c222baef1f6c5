import {once} from 'node:events'
import {createInterface} from 'node:readline/promises'
import {abortError, OperatorError} from '../errors.ts'
import type {Confirmation} from '../ports.ts'

export interface ConfirmationOptions {
  consent: boolean
  interactive: boolean
  signal: AbortSignal
  input?: NodeJS.ReadableStream
  output?: NodeJS.WritableStream
}

/** Asks at the terminal. Without one, only `--yes` counts as consent. */
export function createConfirmation(options: ConfirmationOptions): Confirmation {
  return {
    async require(question, summary, typed) {
      if (options.consent) return
      if (!options.interactive)
        throw new OperatorError('refused', `Not confirmed: ${question}`, {details: summary, hint: 'Add --yes to agree in advance.'})
      const answer = (await ask(question, summary, {...options, wanted: typed === undefined ? '[y/N]' : `Type ${typed} to agree:`})).trim()
      if (typed === undefined ? !/^y(?:es)?$/i.test(answer) : answer !== typed)
        throw new OperatorError('refused', 'Not confirmed; nothing was changed.')
    },
  }
}

/** Returns what is typed, or nothing when the input ends instead. Throws what the signal says. */
async function ask(question: string, summary: readonly string[], options: ConfirmationOptions & {wanted: string}): Promise<string> {
  const {signal, wanted, input = process.stdin, output = process.stderr} = options
  output.write(summary.map((line) => `  - ${line}\n`).join(''))
  const terminal = createInterface({input, output})
  // While a line is edited Ctrl-C is a key; as a signal it takes the same way as at any other moment.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'))
  const ended = once(terminal, 'close').then(() => '')
  try {
    return await Promise.race([terminal.question(`${question} ${wanted} `, {signal}), ended])
  } catch (error) {
    if (signal.aborted) throw abortError(signal)
    // Ctrl-D: newer versions of Node reject the question, older ones only close.
    if ((error as {code?: string}).code === 'ABORT_ERR') return ''
    throw error
  } finally {
    terminal.close()
  }
}
