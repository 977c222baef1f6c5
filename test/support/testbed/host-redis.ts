import {randomBytes} from 'node:crypto'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import type {Certificates} from '../certificates.ts'
import {findFreePort} from './free-port.ts'
import {waitFor} from './machine.ts'

/** A Redis of the machine on a free port, for one test file; dispose of it to end it and remove its files. */
export interface HostRedis extends AsyncDisposable {
  port: number
  password: string
  url: string
  processId: number
}

export interface HostRedisOptions {
  /** Full path of redis-server. */
  program: string
  password?: string
  /** It then speaks TLS, and nothing else. */
  tls?: Certificates
  /** The one that it copies. */
  copyOf?: HostRedis
}

/** Starts a throw-away Redis with a password. */
export function startHostRedis({program, tls, copyOf, ...options}: HostRedisOptions): Promise<HostRedis> {
  const password = options.password ?? copyOf?.password ?? randomBytes(12).toString('hex')
  const copies = copyOf ? [`replicaof 127.0.0.1 ${copyOf.port}`, 'repl-diskless-sync-delay 0'] : []
  // Either may become the other's copy.
  const settings = ['save ""', `masterauth "${password}"`, 'repl-diskless-sync-delay 0', ...copies]
  return start({program, tls, password, settings, words: []})
}

/** Starts a Sentinel that alone decides whether `redis` is down, within half a second; it takes the same password. */
export function startHostSentinel({program, tls}: HostRedisOptions, redis: HostRedis, group: string): Promise<HostRedis> {
  const settings = [
    `sentinel monitor ${group} 127.0.0.1 ${redis.port} 1`,
    `sentinel auth-pass ${group} ${redis.password}`,
    `sentinel down-after-milliseconds ${group} 500`,
    `sentinel failover-timeout ${group} 2000`,
  ]
  return start({program, tls, password: redis.password, settings, words: ['--sentinel']})
}

interface Start {
  program: string
  tls: Certificates | undefined
  password: string
  settings: string[]
  words: string[]
}

async function start({program, tls, password, settings, words}: Start): Promise<HostRedis> {
  const port = await findFreePort()
  const folder = await mkdtemp(path.join(tmpdir(), 'redis-'))
  const file = path.join(folder, 'redis.conf')
  const common = ['bind 127.0.0.1', ...listening(port, tls), `dir "${folder}"`, `requirepass "${password}"`]
  await writeFile(file, [...common, ...settings, ''].join('\n'), {mode: 0o600})
  const server = execa(program, [file, ...words], {cwd: folder, stdout: {file: path.join(folder, 'log')}, reject: false})
  const cli = path.join(path.dirname(program), 'redis-cli')
  const secure = tls ? ['--tls', '--cacert', tls.authority] : []
  await waitFor('redis', 15, async () => {
    const {stdout} = await execa(cli, ['-h', '127.0.0.1', '-p', String(port), ...secure, 'ping'], {
      env: {REDISCLI_AUTH: password},
      reject: false,
    })
    return stdout === 'PONG'
  })
  const stop = async () => {
    server.kill('SIGTERM')
    await server
    await rm(folder, {recursive: true, force: true})
  }
  const url = `${tls ? 'rediss' : 'redis'}://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`
  return {port, password, url, processId: server.pid!, [Symbol.asyncDispose]: stop}
}

function listening(port: number, tls?: Certificates): string[] {
  if (!tls) return [`port ${port}`]
  const files = [`tls-cert-file "${tls.certificate}"`, `tls-key-file "${tls.key}"`, `tls-ca-cert-file "${tls.authority}"`]
  return ['port 0', `tls-port ${port}`, ...files, 'tls-auth-clients no', 'tls-replication yes']
}
