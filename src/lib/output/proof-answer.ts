import type {Proof} from '../domain/backup-set.ts'
import {count} from '../domain/quantity.ts'
import {exitCodes} from '../errors.ts'
import type {Measurement} from '../domain/finding.ts'
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

/** Returns what the metrics need to know of a proof that another command than `verify` made or took over: when it was made, and how long the restore took. */
export function provenMeasurements({verifiedAt, seconds}: Pick<Proof, 'verifiedAt' | 'seconds'>): Measurement[] {
  return [
    {label: 'proven', value: Date.parse(verifiedAt) / 1000},
    {label: 'restore', value: seconds.restore, unit: 's'},
  ]
}
