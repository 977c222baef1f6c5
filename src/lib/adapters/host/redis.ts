import {Redis} from 'ioredis'
import {OperatorError} from '../../errors.ts'

const connectMilliseconds = 5000

/** Sends one command to the Redis at `url` and returns the reply as text. Throws `unreachable` or `denied`. */
export async function askRedis(url: string, password: string | undefined, [name = '', ...args]: readonly string[]): Promise<string> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: connectMilliseconds,
    commandTimeout: connectMilliseconds,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...(password === undefined ? {} : {password}),
  })
  let connectionError: Error | undefined
  client.on('error', (error: Error) => (connectionError = error))
  try {
    await client.connect()
    return String(await client.call(name, ...args))
  } catch (error) {
    throw explain(connectionError ?? (error as Error))
  } finally {
    client.disconnect()
  }
}

function explain(error: Error): OperatorError {
  const said = error.message
  const denied = /NOAUTH|WRONGPASS|NOPERM|invalid (?:username|password)/i.test(said)
  return new OperatorError(denied ? 'denied' : 'unreachable', denied ? 'Redis refuses the password.' : `Redis does not answer: ${said}`, {
    cause: error,
  })
}
