/** How a run ended, as far as others are told. */
export interface JobEnd {
  /** Name of the job, or what was typed. */
  job: string
  run: string
  project: string
  environment: string
  /** `user@host`. */
  actor: string
  exitCode: number
  /** One sentence. */
  message: string
  /** Something that was done once, and not a job that fails and is well again. */
  single?: boolean
}

/** Receivers keep at least this much of a ping: https://healthchecks.io/docs/attaching_logs/ */
const pingBodyBytes = 10_000

/** Shorter ones, such as an empty password, would blank out half of every text. */
const shortestSecret = 4

/** Returns the text without the secrets, and without the passwords of URLs. */
export function redact(text: string, secrets: readonly string[]): string {
  // The longest first, so that one which contains another leaves no rest.
  const known = secrets.filter(({length}) => length >= shortestSecret).toSorted((a, b) => b.length - a.length)
  const without = known.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), text)
  return without.replaceAll(/\b([a-z][a-z0-9+.-]*:\/\/[^\s/:@]*):[^\s/@]+@/gi, '$1:[redacted]@')
}

/** Returns the end of a log that fits into the body of a ping. */
export function pingBody(log: string): string {
  const bytes = new TextEncoder().encode(log)
  if (bytes.length <= pingBodyBytes) return log
  // A character may have been cut in two; what is left of it is dropped.
  return new TextDecoder().decode(bytes.subarray(bytes.length - pingBodyBytes)).replace(/^\uFFFD+/, '')
}

/** Returns the address of a ping: the plain one says that all went well. */
export function pingUrl(base: string, event: 'start' | 'success' | 'fail' | number, run: string): string {
  const url = new URL(base)
  const suffix = event === 'success' ? '' : `/${event}`
  url.pathname = `${url.pathname.replace(/\/+$/, '')}${suffix}`
  url.searchParams.set('rid', run)
  return url.href
}

/** Returns the body for an incoming webhook of Slack. */
export function slackBody(end: JobEnd): string {
  return JSON.stringify({text: escapeSlack(sentence(end))})
}

/** Returns the body for any other webhook. */
export function webhookBody(end: JobEnd, at: Date): string {
  const {single: _single, ...told} = end
  return JSON.stringify({schema: 'sparkone/notification@1', event: eventOf(end), at: at.toISOString(), ...told})
}

/** Returns the sentence that people read of a change of state. */
function sentence(end: JobEnd): string {
  const {job, run, project, environment, actor, exitCode, message} = end
  const verdicts = {
    done: 'is done',
    recovery: 'is well again',
    warning: 'ended with a warning (code 1)',
    failure: `failed with code ${exitCode}`,
  }
  const verdict = verdicts[eventOf(end)]
  return `sparkone ${job} of ${project} (${environment}) ${verdict}: ${message} (${actor}, run ${run})`
}

function eventOf({exitCode, single}: JobEnd): 'done' | 'recovery' | 'warning' | 'failure' {
  if (exitCode === 0) return single ? 'done' : 'recovery'
  return exitCode === 1 ? 'warning' : 'failure'
}

/** The three characters that Slack reads as its own: https://api.slack.com/reference/surfaces/formatting#escaping */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
