import type {Measurement} from '../domain/finding.ts'
import {exitCodes} from '../errors.ts'
import {changeAnswer, type Answer} from './document.ts'

export interface DatabaseAnswer {
  database: string
  answer: Answer
}

/** Returns one answer for a change that was made to several databases: its exit code is that of the worst, and `key` lists what became of each. */
export function severalAnswer(verb: string, key: string, parts: readonly DatabaseAnswer[]): Answer {
  const exitCode = worstOf(parts.map(({answer}) => answer.exitCode))
  return {
    ...changeAnswer(verb, {
      human: parts.map(({database, answer}) => (answer.failed ? `Database ${database}: ${answer.human}` : answer.human)).join('\n\n'),
      message: parts.map(({database, answer}) => `${database}: ${answer.findings.map(({message}) => message).join('; ')}`).join('; '),
      exitCode,
      measurements: sumOf(parts.flatMap(({answer}) => answer.findings.flatMap(({measurements = []}) => measurements))),
      body: {[key]: parts.map(({database, answer}) => ({database, exitCode: answer.exitCode, ...answer.body}))},
    }),
    ...(parts.every(({answer}) => answer.body.status === 'planned') && {body: planned(parts)}),
  }
}

/** A failure is worse than a warning; of several failures the first one tells. */
function worstOf(codes: readonly number[]): number {
  return codes.find((code) => code > exitCodes.warning) ?? Math.max(...codes)
}

/** Amounts add up; what is yes or no holds for all only where it holds for each. */
function sumOf(measurements: readonly Measurement[]): Measurement[] {
  return [...Map.groupBy(measurements, ({label}) => label)].map(([label, same]) => {
    const values = same.map(({value}) => value)
    return {...same[0]!, value: label === 'offsite' ? Math.min(...values) : values.reduce((sum, value) => sum + value, 0)}
  })
}

function planned(parts: readonly DatabaseAnswer[]): Answer['body'] {
  return {status: 'planned', plan: parts.flatMap(({answer}) => answer.body.plan as string[])}
}
