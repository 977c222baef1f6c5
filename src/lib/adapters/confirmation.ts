import {createInterface} from 'node:readline/promises'
import {OperatorError} from '../errors.ts'
import type {Confirmation} from '../ports.ts'

export interface ConfirmationOptions {
  consent: boolean
  interactive: boolean
  signal: AbortSignal
}

/** Asks at the terminal. Without one, only `--yes` counts as consent. */
export function createConfirmation({consent, interactive, signal}: ConfirmationOptions): Confirmation {
  return {
    async require(question, summary) {
      if (consent) return
      if (!interactive)
        throw new OperatorError('refused', `Not confirmed: ${question}`, {details: summary, hint: 'Add --yes to agree in advance.'})
      process.stderr.write(`${summary.map((line) => `  - ${line}`).join('\n')}\n`)
      const terminal = createInterface({input: process.stdin, output: process.stderr})
      try {
        const answer = await terminal.question(`${question} [y/N] `, {signal})
        if (!/^y(?:es)?$/i.test(answer.trim())) throw new OperatorError('refused', 'Not confirmed; nothing was changed.')
      } finally {
        terminal.close()
      }
    },
  }
}
