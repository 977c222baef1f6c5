import {chown, copyFile, mkdtemp, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {HostRuntime} from '../../src/lib/adapters/host/runtime.ts'
import {embeddedPrograms} from '../../src/lib/adapters/embedded/embedded-programs.ts'
import {ask, isUp, query} from '../support/api-database.ts'
import {runApi, startApi, waitUntil, type ApiProcess} from '../support/api-process.ts'
import {makeCertificates, type Certificates} from '../support/certificates.ts'
import {startHostCluster, type HostCluster} from '../support/testbed/host-cluster.ts'
import {startHostRedis, startHostSentinel} from '../support/testbed/host-redis.ts'
import {readDocument} from '../support/documents.ts'
import {sparkone} from '../support/sparkone.ts'
import {openRuntime} from './runtime/subject.ts'

let cluster: HostCluster
let program: string
let certificates: Certificates
let wrongName: Certificates
let folder: string
let DATABASE_URL: string

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'elsewhere-'))
  const {postgresBin, redisServer} = await embeddedPrograms()
  program = redisServer!
  ;[cluster, certificates, wrongName] = await Promise.all([
    startHostCluster({bin: postgresBin}),
    makeCertificates(),
    makeCertificates('DNS:redis.example.com'),
  ])
  DATABASE_URL = cluster.url
  await runApi(['migrate'], {DATABASE_URL})
})
afterAll(async () => {
  for (const each of [cluster, certificates, wrongName]) await each?.[Symbol.asyncDispose]()
  await rm(folder, {recursive: true, force: true})
})

const redisOf = async (api: ApiProcess) => (await ask(api, '/health/redis')).body
const cli = (environment: Record<string, string>) => openRuntime(HostRuntime.open, folder, {DATABASE_URL, ...environment})
const ping = async (environment: Record<string, string>) => (await cli(environment)).redis(['PING'])

describe('Redis over TLS', () => {
  it('is used by the API and asked by sparkone where the certificates that vouch for it are named', async () => {
    await using redis = await startHostRedis({program, tls: certificates})
    const environment = {REDIS_URL: redis.url, REDIS_CA_FILE: certificates.authority}
    await using api = await startApi({DATABASE_URL, ...environment})
    await isUp(api)
    await waitUntil('Redis', async () => (await redisOf(api)).status === 'ok')
    expect(await ping(environment)).toBe('PONG')
  })

  it('is refused, and the reason given, where nobody who is trusted vouches for it', async () => {
    await using redis = await startHostRedis({program, tls: certificates})
    await using api = await startApi({DATABASE_URL, REDIS_URL: redis.url})
    await waitUntil('the reason', async () => /vouches/.test(String((await redisOf(api)).message)))
    expect(api.log()).not.toContain(redis.password)
    await expect(ping({REDIS_URL: redis.url})).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('certificate'),
      hint: expect.stringContaining('redis.ca'),
    })
  })

  it('is refused where its certificate is for another name', async () => {
    await using redis = await startHostRedis({program, tls: wrongName})
    const environment = {REDIS_URL: redis.url, REDIS_CA_FILE: wrongName.authority}
    await using api = await startApi({DATABASE_URL, ...environment})
    await waitUntil('the reason', async () => /another name/.test(String((await redisOf(api)).message)))
    await expect(ping(environment)).rejects.toMatchObject({kind: 'unreachable', hint: expect.stringContaining('redis.ca')})
  })
})

describe('Redis behind a Sentinel', () => {
  it.each(['without TLS', 'over TLS'])('is found %s, and the copy is used once the first is gone', async (kind) => {
    const tls = kind === 'over TLS' ? {tls: certificates} : {}
    const first = await startHostRedis({program, ...tls})
    await using copy = await startHostRedis({program, ...tls, copyOf: first})
    await using sentinel = await startHostSentinel({program, ...tls}, first, 'shop')
    const authority = {REDIS_CA_FILE: kind === 'over TLS' ? certificates.authority : ''}
    const environment = {
      ...authority,
      // The Sentinel alone knows where Redis is.
      REDIS_URL: first.url.replace(String(first.port), '1'),
      REDIS_SENTINELS: `127.0.0.1:${sentinel.port}`,
      REDIS_SENTINEL_GROUP: 'shop',
      REDIS_SENTINEL_PASSWORD: sentinel.password,
    }
    await using api = await startApi({DATABASE_URL, ...environment})
    await isUp(api)
    await waitUntil('Redis', async () => (await redisOf(api)).status === 'ok')
    const runtime = await cli(environment)
    expect(await runtime.redis(['INFO', 'replication'])).toContain('role:master')
    const knows = async () => (await cli({...authority, REDIS_URL: sentinel.url})).redis(['SENTINEL', 'REPLICAS', 'shop'])
    await waitUntil('the Sentinel to find the copy', async () => (await knows()).includes('master-link-status,ok'))
    await first[Symbol.asyncDispose]()
    await waitUntil('the copy to take over', async () => (await roleOf({...authority, REDIS_URL: copy.url})).startsWith('master'), 30)
    await waitUntil('the API to follow', async () => (await redisOf(api)).status === 'ok')
    expect(await runtime.redis(['INFO', 'server'])).toContain(`tcp_port:${copy.port}`)
  })

  it('is told apart from a Sentinel that is gone', async () => {
    const environment = {REDIS_URL: 'redis://:secret@cache', REDIS_SENTINELS: '127.0.0.1:1'}
    await using api = await startApi({DATABASE_URL, ...environment})
    await waitUntil('the reason', async () => /no Sentinel/.test(String((await redisOf(api)).message)))
    await expect(ping(environment)).rejects.toMatchObject({kind: 'unreachable', message: expect.stringMatching(/sentinel/i)})
  })
})

describe('PostgreSQL over TLS', () => {
  beforeAll(async () => {
    const {uid, gid} = await stat(cluster.dataFolder)
    for (const [from, name] of [
      [certificates.certificate, 'server.crt'],
      [certificates.key, 'server.key'],
    ] as const) {
      await copyFile(from, path.join(cluster.dataFolder, name))
      await chown(path.join(cluster.dataFolder, name), uid, gid)
    }
    await query(DATABASE_URL, 'ALTER SYSTEM SET ssl = on')
    await query(DATABASE_URL, 'SELECT pg_reload_conf()')
    await waitUntil('TLS', async () => (await query<{ssl: string}>(DATABASE_URL, 'SHOW ssl'))[0]!.ssl === 'on')
  })

  const encrypted = `SELECT bool_and(ssl) AS yes FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1`
  const address = (parameters: string, host = '127.0.0.1') => `${DATABASE_URL.replace('127.0.0.1', host)}?${parameters}`
  const rows = async (url: string) => (await cli({DATABASE_URL: url})).database.query('postgres', 'SELECT 1')
  const lone = async (url: string) => runApi(['migrate'], {DATABASE_URL: url})

  it.each([
    ['any certificate', () => address('sslmode=require')],
    ['one that the named authority vouches for', () => address(`sslmode=verify-ca&sslrootcert=${certificates.authority}`)],
    ['one for this very name', () => address(`sslmode=verify-full&sslrootcert=${certificates.authority}`)],
  ])('is used with %s', async (_, url) => {
    await using api = await startApi({DATABASE_URL: url()})
    await isUp(api)
    expect(await query(DATABASE_URL, encrypted, ['sparkone-api'])).toEqual([{yes: true}])
    expect(await rows(url())).toHaveLength(1)
  })

  it.each([
    ['nobody who is trusted vouches for it', () => address('sslmode=verify-full'), /certificate/],
    ['somebody else vouches for it', () => address(`sslmode=verify-full&sslrootcert=${wrongName.authority}`), /certificate/],
    [
      'its certificate is for another name',
      () => address(`sslmode=verify-full&sslrootcert=${certificates.authority}`, 'localhost'),
      /altnames/,
    ],
  ])('is refused where %s', async (_, url, reason) => {
    const run = await lone(url())
    expect(run.exitCode).toBe(1)
    expect(run.log).toMatch(reason)
    await expect(rows(url())).rejects.toMatchObject({
      kind: 'unreachable',
      message: expect.stringContaining('certificate'),
      hint: expect.stringContaining('sslrootcert'),
    })
  })

  it('is seen by cert-check as clients see it, and so is Redis', async () => {
    await using redis = await startHostRedis({program, tls: certificates})
    const ports = [DATABASE_URL, redis.url].map((url) => new URL(url).port)
    const places = [`postgresql://127.0.0.1:${ports[0]}`, `rediss://127.0.0.1:${ports[1]}`]
    const check = (...words: string[]) => sparkone(['cert-check', ...places, '--json', ...words], {cwd: folder})
    const [known, unknown] = await Promise.all([check('--ca', certificates.authority), check()])
    const document = readDocument(known.stdout, 'cert-check')
    expect([known.code, document.certificates]).toMatchObject([0, places.map((target) => ({target, names: ['127.0.0.1'], trusted: true}))])
    // Clients of PostgreSQL go without knowing who answers unless told otherwise, those of Redis do not.
    expect(readDocument(unknown.stdout, 'cert-check')).toMatchObject({
      exitCode: 2,
      findings: [{status: 'ok'}, {status: 'warning'}, {status: 'ok'}, {status: 'critical'}],
    })
  })
})

async function roleOf(environment: Record<string, string>): Promise<string> {
  // A Sentinel cuts the connections of the one that it promotes.
  return (await cli(environment)).redis(['ROLE']).catch(String)
}
