import {jobNames, type JobName} from '../domain/job.ts'
import {jobMetricsText} from '../domain/job-metrics.ts'
import {type JobEnd, pingBody, pingUrl, redact, slackBody, webhookBody} from '../domain/job-message.ts'
import {messageOf, OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

/** Where it is told how jobs end; null or empty where nobody is. */
export interface Receivers {
  heartbeatUrl: string | null
  slackUrl: string | null
  webhookUrls: readonly string[]
  /** Folder of the textfile collector. */
  textfileFolder: string | null
  pushgatewayUrl: string | null
}

/** A receiver may take so long to answer, and is asked so often; a run with both its pings stays within five a minute. */
const limitMilliseconds = 2500
const attempts = 2
const pauseMilliseconds = 500

export interface Heartbeat {
  /** Tells how it ended, once the beginning was told. Returns what went wrong. */
  end(event: number | 'fail', log: string, secrets: readonly string[]): Promise<string[]>
  /** Tells nothing more. */
  abandon(): Promise<string[]>
}

/** Tells the dead-man switch of a job that it begins, without waiting for the answer. Nothing here throws. */
export function openHeartbeat({heartbeatUrl}: Receivers, ports: Ports, run: string, {begun = false} = {}): Heartbeat {
  const ping = (event: 'start' | 'success' | 'fail' | number, body: string) =>
    heartbeatUrl === null ? Promise.resolve([]) : send('the heartbeat', pingUrl(heartbeatUrl, event, run), pingBody(body), ports)
  const started = begun ? Promise.resolve([]) : ping('start', '')
  return {
    end: async (event, log, secrets) => [...(await started), ...(await ping(event === 0 ? 'success' : event, redact(log, secrets)))],
    abandon: () => started,
  }
}

/** Tells people, by Slack and webhooks, of a change of state. Returns what went wrong; nothing here throws. */
export async function tellPeople(
  end: JobEnd,
  {slackUrl, webhookUrls}: Pick<Receivers, 'slackUrl' | 'webhookUrls'>,
  ports: Ports,
): Promise<string[]> {
  const now = ports.clock.now()
  const troubles = await Promise.all([
    ...(slackUrl === null ? [] : [send('Slack', slackUrl, slackBody(end), ports, json)]),
    ...webhookUrls.map((url, index) => send(`webhook ${index + 1}`, url, webhookBody(end, now), ports, json)),
  ])
  return troubles.flat()
}

/** Writes the metrics of all jobs to where they are read. Returns what went wrong; nothing here throws. */
export async function publishMetrics({textfileFolder, pushgatewayUrl}: Receivers, ports: Ports): Promise<string[]> {
  if (textfileFolder === null && pushgatewayUrl === null) return []
  const {project, environment} = ports.settings
  const text = jobMetricsText(await recordsOf(ports), {project, environment})
  const written = textfileFolder === null ? [] : await write(`${textfileFolder}/sparkone-${project}-${environment}.prom`, text, ports)
  if (pushgatewayUrl === null) return written
  const group = `${pushgatewayUrl.replace(/\/+$/, '')}/metrics/job/sparkone/project/${project}/environment/${environment}`
  return [...written, ...(await send('the Pushgateway', group, text, ports, {'content-type': 'text/plain; version=0.0.4'}))]
}

const json = {'content-type': 'application/json'}

async function recordsOf(ports: Ports) {
  const memory = await ports.jobs()
  return new Map(
    await Promise.all(
      jobNames.map(async (job): Promise<[JobName, Awaited<ReturnType<typeof memory.read>>]> => [job, await memory.read(job)]),
    ),
  )
}

async function write(path: string, text: string, ports: Ports): Promise<string[]> {
  try {
    await (await ports.publicFiles()).write(path, text)
    return []
  } catch (error) {
    return [`The metrics were not written: ${messageOf(error)}`]
  }
}

/** An address is never repeated: whoever knows it can ping in our name. */
async function send(who: string, url: string, body: string, ports: Ports, headers: Record<string, string> = {}): Promise<string[]> {
  let problem = ''
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      // Not the signal of the run: that a run was interrupted is worth telling, too.
      const {status} = await (await ports.http()).post(url, body, {timeoutMilliseconds: limitMilliseconds, headers})
      if (status < 300) return []
      problem = `it answered with ${status}`
      if (status < 500 && status !== 429) break
    } catch (error) {
      problem = messageOf(error)
      // Whoever was too slow once has cost enough time.
      if (error instanceof OperatorError && error.kind === 'timeout') break
    }
    if (attempt < attempts) await ports.clock.sleep(pauseMilliseconds)
  }
  return [`${who} was not told: ${problem}`]
}
