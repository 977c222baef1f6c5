import fetch, {AbortError, FetchError, type Response} from 'node-fetch'
import {Agent as HttpAgent} from 'node:http'
import {Agent as HttpsAgent} from 'node:https'
import {abortError, OperatorError} from '../errors.ts'
import type {Http, HttpOptions, HttpReply} from '../ports.ts'

const bodyLimitBytes = 1024 * 1024

/** What the codes of a failed connection mean to an operator. */
const reasons: Record<string, string> = {
  ECONNREFUSED: 'connection refused, nothing listens there',
  ECONNRESET: 'the connection was cut off',
  ENOTFOUND: 'no host of that name',
  EAI_AGAIN: 'the name could not be looked up',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the network',
  ETIMEDOUT: 'the connection timed out',
  EPROTO: 'it does not speak TLS as asked',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate chain is incomplete',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
}

/** Creates the HTTP client of all probes: no redirects, at most 1 MiB of body, one connection per request. */
export function createHttp(): Http {
  // A kept-alive connection could outlive the server behind it and would then blame the server for a reset.
  const agents = {http: new HttpAgent({keepAlive: false}), https: new HttpsAgent({keepAlive: false})}
  const agent = ({protocol}: URL) => (protocol === 'https:' ? agents.https : agents.http)
  return {
    get: (url, options) => request(url, {method: 'GET', agent}, options),
    post: (url, body, options) => request(url, {method: 'POST', body, agent}, options),
  }
}

type What = {method: 'GET' | 'POST'; body?: string; agent: (url: URL) => HttpAgent}

async function request(url: string, what: What, options: HttpOptions): Promise<HttpReply> {
  const {address, authorization} = splitCredentials(url)
  const timeout = AbortSignal.timeout(options.timeoutMilliseconds)
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout
  const started = performance.now()
  try {
    const headers = {
      accept: 'application/json, text/plain;q=0.9, */*;q=0.5',
      'user-agent': 'sparkone',
      ...authorization,
      ...options.headers,
    }
    const response = await fetch(address, {...what, redirect: 'manual', size: bodyLimitBytes, signal, headers})
    const body = await response.text()
    return {status: response.status, headers: headersOf(response), body, milliseconds: performance.now() - started}
  } catch (error) {
    if (options.signal?.aborted) throw abortError(options.signal)
    throw explain(error, timeout, options.timeoutMilliseconds)
  }
}

/** Credentials in a URL go into a header, since the client refuses them and would print them in its refusal. */
function splitCredentials(url: string): {address: string; authorization: Record<string, string>} {
  if (!URL.canParse(url))
    throw new OperatorError('usage', 'The URL cannot be read.', {hint: 'Write it with a scheme: http://localhost:8000'})
  const parsed = new URL(url)
  const {username, password} = parsed
  if (username === '' && password === '') return {address: url, authorization: {}}
  parsed.username = ''
  parsed.password = ''
  const pair = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')
  return {address: parsed.href, authorization: {authorization: `Basic ${pair}`}}
}

function headersOf(response: Response): Record<string, string> {
  return Object.fromEntries(response.headers)
}

function explain(error: unknown, timeout: AbortSignal, milliseconds: number): unknown {
  if (error instanceof AbortError || timeout.aborted) return new OperatorError('timeout', `No answer within ${milliseconds / 1000} s.`)
  if (!(error instanceof FetchError)) return error
  if (error.type === 'max-size') return new OperatorError('failed', 'Answers with more than 1 MiB.')
  const {code = error.type} = error
  return new OperatorError('unreachable', `${capitalised(reasons[code] ?? `it cannot be reached (${code})`)}.`, {cause: error})
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
