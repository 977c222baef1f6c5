import type {Proof} from '../domain/backup-set.ts'
import {count} from '../domain/quantity.ts'
import {exitCodes} from '../errors.ts'
import {changeAnswer, type Answer} from './document.ts'
import {verifyView} from './views/verify.ts'

/** Returns the answer of `verify`, for a set and for a backup of a whole server. */
export function proofAnswer(proof: Proof): Answer {
  const {id, passed, tables, rows, seconds, differences} = proof
  const [fatal] = differences.filter(({severity}) => severity === 'fatal')
  const reason = fatal === undefined ? '' : `: ${fatal.subject}: ${fatal.actual}`
  return changeAnswer('verify', {
    human: verifyView(proof),
    message: passed ? `backup ${id} is proven: ${count(tables, 'table')}, ${count(rows, 'row')}` : `backup ${id} failed its proof${reason}`,
    exitCode: passed ? 0 : exitCodes.corrupt,
    measurements: [
      {label: 'rows', value: rows},
      {label: 'restore', value: seconds.restore, unit: 's'},
      {label: 'seconds', value: seconds.total, unit: 's'},
    ],
    body: {proof},
  })
}
