import {request} from 'node:http'
import {setTimeout as delay} from 'node:timers/promises'

export interface LoadRequest {
  method?: string
  path: string
  body?: object
}

export interface LoadReport {
  sent: number
  /** A line for each request that was not answered, or with a status of 400 or more. */
  failures: string[]
  /** Milliseconds from the moment at which a request was due to the last byte of its answer. */
  median: number
  p95: number
  p99: number
  worst: number
}

export interface Load {
  /** Sends nothing more, and returns how everything that was sent has gone. */
  stop(): Promise<LoadReport>
}

const tickMilliseconds = 5
const answerLimitMilliseconds = 10_000

/**
 * Sends `perSecond` requests a second, whether or not those before have been answered, and each over a connection of its own.
 * A request that was sent late counts from when it was due, so that a stall is not hidden by sending less.
 */
export function startLoad(url: string, perSecond: number, requestOf: (index: number) => LoadRequest): Load {
  const start = performance.now()
  const times: number[] = []
  const failures: string[] = []
  const running: Promise<void>[] = []
  const stopping = new AbortController()

  async function send(index: number): Promise<void> {
    const due = start + (index * 1000) / perSecond
    const sent = requestOf(index)
    const problem = await ask(url, sent)
    times.push(performance.now() - due)
    if (problem !== null) failures.push(`${sent.method ?? 'GET'} ${sent.path}: ${problem}`)
  }

  async function tick(): Promise<void> {
    while (!stopping.signal.aborted) {
      const due = Math.floor(((performance.now() - start) * perSecond) / 1000)
      while (running.length <= due) running.push(send(running.length))
      await delay(tickMilliseconds)
    }
  }

  const ticking = tick()
  const stop = async () => {
    stopping.abort()
    await ticking
    await Promise.all(running)
    return {sent: running.length, failures, ...percentiles(times)}
  }
  return {stop}
}

/** What users do: they look, search, and now and then write. Needs the seed. */
export function everydayRequest(index: number): LoadRequest {
  if (index % 10 === 0) return {method: 'POST', path: '/v1/messages', body: {channelId: 1, authorId: 1, body: `load ${index}`}}
  if (index % 2 === 0) return {path: `/v1/messages/similar?text=load%20${index % 50}`}
  return {path: '/stats'}
}

/** Returns what went wrong, or null. */
function ask(url: string, {method = 'GET', path, body}: LoadRequest): Promise<string | null> {
  return new Promise((resolve) => {
    const headers = body && {'content-type': 'application/json'}
    const sent = request(url + path, {method, agent: false, ...(headers && {headers})}, (answer) => {
      answer.on('end', () => resolve(answer.statusCode! < 400 ? null : `status ${answer.statusCode}`))
      answer.on('error', ({message}) => resolve(message))
      answer.resume()
    })
    sent.setTimeout(answerLimitMilliseconds, () => sent.destroy(new Error('no answer')))
    sent.on('error', ({message}) => resolve(message))
    sent.end(body && JSON.stringify(body))
  })
}

function percentiles(times: number[]): Pick<LoadReport, 'median' | 'p95' | 'p99' | 'worst'> {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) => Number((sorted[Math.ceil(sorted.length * share) - 1] ?? 0).toFixed(1))
  return {median: at(0.5), p95: at(0.95), p99: at(0.99), worst: at(1)}
}
