import {createStackParser, createTransport, initAndBind, withScope, type BaseTransportOptions, type Transport} from '@sentry/core'
import {nodeStackLineParser, ServerRuntimeClient, type ServerRuntimeClientOptions} from '@sentry/core/server'
import {currentRequest} from './request-context.ts'
import type {ErrorReporter} from './telemetry.ts'

const flushMilliseconds = 2_000

/** Returns a reporter that sends failures and slow operations to Sentry, with the ids of the request and nothing of its content. */
export function createSentryReporter(dsn: string, environment: string): ErrorReporter {
  let lastStatus = 0
  const options: ServerRuntimeClientOptions = {
    dsn,
    environment,
    platform: 'node',
    runtime: {name: 'node', version: process.version},
    integrations: [],
    stackParser: createStackParser(nodeStackLineParser()),
    transport: (given) => fetchTransport(given, (status) => (lastStatus = status)),
    sendClientReports: false,
  }
  const client = initAndBind(ServerRuntimeClient, options)
  function send(capture: () => void): void {
    withScope((scope) => {
      const {requestId, correlationId, channel, userId} = currentRequest() ?? {}
      scope.setTags({request_id: requestId, correlation_id: correlationId, channel})
      if (userId !== undefined) scope.setUser({id: userId})
      capture()
    })
  }
  return {
    report: (error) => send(() => client?.captureException(error)),
    slow: (operation, seconds) => send(() => client?.captureMessage(`${operation} took ${seconds.toFixed(1)} s`, 'warning')),
    async test() {
      lastStatus = 0
      send(() => client?.captureMessage('A test of the way to Sentry', 'info'))
      await client?.flush(flushMilliseconds)
      return lastStatus >= 200 && lastStatus < 300
    },
    async stop() {
      await client?.flush(flushMilliseconds)
    },
  }
}

function fetchTransport(options: BaseTransportOptions, told: (status: number) => void): Transport {
  return createTransport(options, async ({body}) => {
    const reply = await fetch(options.url, {
      method: 'POST',
      body: body as Exclude<RequestInit['body'], undefined>,
      signal: AbortSignal.timeout(flushMilliseconds),
    })
    // Read to its end, so that the connection can serve again.
    await reply.arrayBuffer()
    told(reply.status)
    const header = (name: string) => reply.headers.get(name)
    return {
      statusCode: reply.status,
      headers: {'x-sentry-rate-limits': header('x-sentry-rate-limits'), 'retry-after': header('retry-after')},
    }
  })
}
