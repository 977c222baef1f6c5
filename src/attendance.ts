import type {Context} from './context.ts'
import type {JobName} from './lib/domain/job.ts'
import {redact} from './lib/domain/job-message.ts'
import {OperatorError} from './lib/errors.ts'
import type {Answer} from './lib/output/document.ts'
import {attend, remember, type JobOutcome} from './lib/procedures/attend.ts'
import {tellPeople} from './lib/procedures/notify.ts'

export interface AttendedAnswer {
  answer: Answer
  /** Tells people of the answer, as a change of state. Returns what went wrong. */
  tell: () => Promise<string[]>
  /** What went wrong around the run and does not change how it ended. */
  troubles: readonly string[]
}

export interface Work {
  answer: () => Promise<Answer>
  /** The answer that an error comes to. */
  failed: (error: unknown) => Answer
}

/** Runs a job that nobody watches and returns its answer, which is quiet where nothing was due or it will be tried again. */
export async function answerAttended(job: JobName, {ports, config}: Context, {answer: work, failed}: Work): Promise<AttendedAnswer> {
  const {attendanceOf} = await import('./lib/config/attendance-input.ts')
  const attendance = attendanceOf(config, job)
  let answered: Answer | undefined
  const attended = await attend(attendance, ports, async () => {
    answered = await work().catch(failed)
    return outcomeOf(answered)
  })
  const {run, outcome, remarks, quiet, troubles} = attended
  if (outcome === null) return {answer: idleAnswer(job, remarks), tell: async () => [], troubles}
  const plain = answered ?? failed(new OperatorError('locked', outcome.text))
  const answer = {...withRemarks(plain, remarks, outcome.exitCode), quiet}
  const {project, environment, actor} = ports.settings
  const message = redact(remarks[0] ?? answer.findings[0]?.message ?? '', attendance.secrets)
  const end = {job, run, project, environment, actor, exitCode: answer.exitCode, message}
  return {answer, tell: () => tellPeople(end, attendance.receivers, ports), troubles}
}

/** Runs a job that somebody watches, and remembers how it ended. Throws what it throws. */
export async function answerRemembered(
  job: JobName,
  {ports, config}: Context,
  work: Work['answer'],
): Promise<{answer: Answer; troubles: readonly string[]}> {
  const startedAt = ports.clock.now()
  const answer = await work()
  const {attendanceOf} = await import('./lib/config/attendance-input.ts')
  const troubles = await remember(attendanceOf(config, job), ports, outcomeOf(answer), {run: ports.random.uuid(), startedAt})
  return {answer, troubles}
}

function outcomeOf({exitCode, human, findings}: Answer): JobOutcome {
  const measurements = findings.flatMap((finding) => finding.measurements ?? [])
  return {exitCode, text: human, figures: Object.fromEntries(measurements.map(({label, value}) => [label, value]))}
}

function idleAnswer(job: JobName, remarks: readonly string[]): Answer {
  const human = remarks.join('\n')
  return {verb: job, exitCode: 0, body: {}, human, findings: [{subject: job, status: 'ok', message: human}], quiet: true}
}

function withRemarks(answer: Answer, remarks: readonly string[], exitCode: number): Answer {
  if (remarks.length === 0) return answer
  const findings = remarks.map((message) => ({subject: answer.verb, status: 'warning' as const, message}))
  return {...answer, exitCode, human: [...remarks, answer.human].join('\n'), findings: [...answer.findings, ...findings]}
}
