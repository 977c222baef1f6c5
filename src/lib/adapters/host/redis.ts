import {readFile} from 'node:fs/promises'
import {Redis, type RedisOptions} from 'ioredis'
import type {Config} from '../../config/schema.ts'
import {OperatorError} from '../../errors.ts'

const connectMilliseconds = 5000

type RedisSettings = Pick<NonNullable<Config['redis']>, 'password' | 'ca' | 'sentinels' | 'sentinelGroup' | 'sentinelPassword'>

/** Sends one command to the Redis at `url`, or to the one that its Sentinels name, and returns the reply as text. Throws `unreachable` or `denied`. */
export async function askRedis(settings: RedisSettings, url: string, [name = '', ...args]: readonly string[]): Promise<string> {
  const client = await connection(settings, url)
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

async function connection(settings: RedisSettings, url: string): Promise<Redis> {
  const {password, ca, sentinels} = settings
  const tls = url.startsWith('rediss:') ? {tls: ca === undefined ? {} : {ca: await certificates(ca)}} : {}
  const options: RedisOptions = {
    ...tls,
    lazyConnect: true,
    connectTimeout: connectMilliseconds,
    commandTimeout: connectMilliseconds,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    ...(password === undefined ? {} : {password: password.reveal()}),
  }
  return sentinels.length === 0
    ? new Redis(url, options)
    : new Redis({...credentials(url), ...options, ...behindSentinels(settings, options)})
}

async function certificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new OperatorError('usage', `The certificates in ${file} cannot be read.`, {hint: 'Correct redis.ca.', cause})
  }
}

function credentials(text: string): RedisOptions {
  const {username, password, pathname} = new URL(text)
  return {
    ...(username && {username: decodeURIComponent(username)}),
    ...(password && {password: decodeURIComponent(password)}),
    db: Number(pathname.slice(1) || 0),
  }
}

function behindSentinels({sentinels, sentinelGroup, sentinelPassword}: RedisSettings, {tls}: RedisOptions): RedisOptions {
  return {
    name: sentinelGroup,
    sentinels: sentinels.map((sentinel) => {
      const {hostname, port} = new URL(`redis://${sentinel}`)
      return {host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || 26_379)}
    }),
    sentinelRetryStrategy: () => null,
    sentinelCommandTimeout: connectMilliseconds,
    ...(sentinelPassword && {sentinelPassword: sentinelPassword.reveal()}),
    // Where the servers speak TLS, so do those that watch them.
    ...(tls && {enableTLSForSentinelMode: true, sentinelTLS: tls}),
  }
}

function explain(error: Error): OperatorError {
  const said = error.message
  if (/NOAUTH|WRONGPASS|NOPERM|invalid (?:username|password)/i.test(said)) {
    return new OperatorError('denied', 'Redis refuses the password.', {cause: error})
  }
  const hint = /certificate|altnames/i.test(said)
    ? {hint: 'Set redis.ca to the certificates that vouch for it, and name it as they do.'}
    : {}
  return new OperatorError('unreachable', `Redis does not answer: ${said}`, {cause: error, ...hint})
}
