import {exitCodeOf, worst, type Finding, type Measurement, type Status} from '../domain/finding.ts'
import {exitCodes, type OperatorError} from '../errors.ts'

/** What a command has to say, once, for every form of output. */
export interface Answer {
  /** The verb of the schema: `backup` gives `sparkone/backup@1`. */
  verb: string
  exitCode: number
  /** The body of the JSON document. */
  body: Readonly<Record<string, unknown>>
  /** The screen for people, without a final newline. */
  human: string
  /** The run could not do what it was asked to; `human` goes to stderr. */
  failed?: boolean
  /** For nagios and prometheus output, and for the one-line verdict. */
  findings: readonly Finding[]
  /** With `--cron` nothing is said of it, whatever its exit code. */
  quiet?: boolean
}

/** The one JSON document of a run; only additive changes are made to it. */
export interface JsonDocument {
  schema: string
  exitCode: number
  [key: string]: unknown
}

/** Returns the answer of a check: its exit code is that of the worst finding. */
export function checkAnswer(verb: string, findings: readonly Finding[], human: string, body: Readonly<Record<string, unknown>>): Answer {
  const status = worst(findings)
  return {verb, exitCode: exitCodeOf(status), findings, human, body: {status, ...body}}
}

export function toJson({verb, exitCode, body}: Answer): JsonDocument {
  return {schema: `sparkone/${verb}@1`, exitCode, ...body}
}

/** Returns the answer of a run that failed: one sentence, the details, what to do next. A check passes the exit code of its own. */
export function errorAnswer(verb: string, error: OperatorError, exitCode = error.exitCode): Answer {
  const {kind, message, hint, details} = error
  const lines = [message, ...details.map((detail) => `  ${detail}`), ...(hint === undefined ? [] : [`Next: ${hint}`])]
  const problem = {kind, message, ...(hint === undefined ? {} : {hint}), ...(details.length === 0 ? {} : {details: [...details]})}
  return {
    verb,
    exitCode,
    failed: true,
    human: lines.join('\n'),
    findings: [{subject: verb, status: statusOf(exitCode), message}],
    body: {status: 'failed', error: problem},
  }
}

/** Returns the answer of a command that looked something up and found it. */
export function lookupAnswer(verb: string, {human, message, body}: Pick<ChangeOutcome, 'human' | 'message' | 'body'>): Answer {
  return {verb, exitCode: 0, human, findings: [{subject: verb, status: 'ok', message}], body: {status: 'found', ...body}}
}

export interface ChangeOutcome {
  human: string
  /** One line for Nagios and cron. */
  message: string
  exitCode?: number
  measurements?: readonly Measurement[]
  body: Readonly<Record<string, unknown>>
}

/** Returns the answer of a change that came to its end. */
export function changeAnswer(verb: string, {human, message, exitCode = 0, measurements = [], body}: ChangeOutcome): Answer {
  const status = statusOf(exitCode)
  return {
    verb,
    exitCode,
    human,
    findings: [{subject: verb, status, message, measurements}],
    body: {status: status === 'ok' || status === 'warning' ? 'done' : 'failed', ...body},
  }
}

/** Returns the answer of a dry run. */
export function planAnswer(verb: string, summary: readonly string[]): Answer {
  const human = ['Would:', ...summary.map((line) => `  - ${line}`), 'Nothing was changed.'].join('\n')
  return {
    verb,
    exitCode: 0,
    human,
    findings: [{subject: verb, status: 'ok', message: 'dry run'}],
    body: {status: 'planned', plan: [...summary]},
  }
}

/** The status that stands for an exit code where only a status can be told. */
function statusOf(exitCode: number): Status {
  if (exitCode === exitCodes.usage) return 'unknown'
  if (exitCode === exitCodes.warning) return 'warning'
  return exitCode === 0 ? 'ok' : 'critical'
}
