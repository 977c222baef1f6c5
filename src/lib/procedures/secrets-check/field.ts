import type {Finding, Status} from '../../domain/finding.ts'
import type {SecretValue} from '../../domain/secret-file.ts'
import {daysBetween, dueOn, warnBeforeExpiryDays, type SecretDates, type SecretField} from '../../domain/secret-registry.ts'

export interface FieldFacts {
  environment: string
  file: string
  field: SecretField
  dates: SecretDates
  /** Undefined where the file has no such field. */
  value: SecretValue | undefined
  /** When SOPS last wrote the file. */
  lastModified: string | null
  today: string
}

/** What one field of one environment showed. */
export interface FieldFinding {
  environment: string
  name: string
  owner: string
  state: SecretValue['state'] | 'missing'
  rotatedOn: string | null
  dueOn: string | null
  expiresOn: string | null
  status: Status
  finding: Finding
}

type Verdict = Omit<Finding, 'subject'>

/** Judges one field: whether it is there and encrypted, then its length, its expiry and its rotation; the first thing wrong is told. */
export function judgeField(facts: FieldFacts): FieldFinding {
  const {environment, field, dates, value} = facts
  const isOff = field.optional && (value === undefined || value.state === 'empty')
  const off: Verdict = {status: 'ok', message: 'left empty, which turns off what it is for'}
  const verdict = isOff ? off : (judgeValue(facts) ?? judgeDates(facts))
  return {
    environment,
    name: field.name,
    owner: field.owner,
    state: value?.state ?? 'missing',
    rotatedOn: dates.rotated ?? null,
    dueOn: isOff ? null : dueOn(field, dates),
    expiresOn: dates.expires ?? null,
    status: verdict.status,
    finding: {subject: `${environment} ${field.name}`, ...verdict},
  }
}

function judgeValue({file, field: {minimumLength}, value}: FieldFacts): Verdict | null {
  const edit = `sops edit ${file}`
  if (value === undefined) return {status: 'critical', message: `is not in ${file}`, hint: edit}
  switch (value.state) {
    case 'empty':
      return {status: 'critical', message: 'is empty', hint: edit}
    case 'plain': {
      const hint = `rotate it, then sops encrypt --in-place ${file}: whoever has the repository may have read it`
      return {status: 'critical', message: 'stands there in plain text', hint}
    }
    case 'damaged':
      return {status: 'critical', message: 'is damaged: SOPS cannot have written this', hint: `git log -p ${file}`}
    case 'encrypted': {
      if (value.length >= minimumLength) return null
      const message = `has ${value.length} characters and should have ${minimumLength}: a placeholder, or easy to guess`
      return {status: 'critical', message, hint: edit}
    }
  }
}

function judgeDates(facts: FieldFacts): Verdict {
  return judgeExpiry(facts) ?? judgeRotation(facts)
}

function judgeExpiry({dates: {expires}, today}: FieldFacts): Verdict | null {
  if (expires === undefined) return null
  const left = daysBetween(today, expires)
  const hint = 'docs/security.md says how to rotate it'
  if (left < 0) return {status: 'critical', message: `expired on ${expires}`, hint}
  return left <= warnBeforeExpiryDays ? {status: 'warning', message: `expires on ${expires}`, hint} : null
}

function judgeRotation({environment, field, dates, lastModified, today}: FieldFacts): Verdict {
  const {rotated, expires} = dates
  const record = `record it in secrets/registry.yml under ${environment}`
  const due = dueOn(field, dates)
  if (rotated === undefined || due === null)
    return {status: 'unknown', message: 'not recorded when it was last rotated', hint: `${record} as rotated`}
  if (daysBetween(today, rotated) > 1)
    return {status: 'unknown', message: `recorded as rotated on ${rotated}, which is to come`, hint: record}
  // The day of the one who records it may be a day ahead of UTC, in which SOPS writes.
  if (lastModified !== null && daysBetween(lastModified.slice(0, 10), rotated) > 1) {
    const message = `recorded as rotated on ${rotated}, but the file was last written on ${lastModified.slice(0, 10)}`
    return {status: 'warning', message, hint: 'put the new value into the file, or mend the date'}
  }
  if (daysBetween(today, due) <= 0) {
    const hint = `${field.owner}: docs/security.md says how; then ${record}`
    return {status: 'warning', message: `due to be rotated since ${due}`, hint}
  }
  const message = `encrypted, rotated on ${rotated}, next by ${due}${expires === undefined ? '' : `, expires on ${expires}`}`
  return {status: 'ok', message}
}
