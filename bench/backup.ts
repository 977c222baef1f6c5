/**
 * How long a backup takes, beside what else makes one and beside the limit, a plain dump that goes nowhere, which is measured again before and after
 * each of the others. Run: node bench/backup.ts [megabytes of the database, 2048] [rounds, 1] [folder of the programs of PostgreSQL, those of the demo] [beginning of
 * the names of those to measure].
 * Needs zstd and, to compare with them, restic and a pgBackRest that knows the version of PostgreSQL.
 */
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {mkdir, mkdtemp, rm, stat, writeFile} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {execa} from 'execa'
import {Client} from 'pg'
import {embeddedPrograms} from '../src/lib/adapters/embedded/embedded-programs.ts'
import {startHostCluster} from '../test/support/testbed/host-cluster.ts'
import {arraysInstead, fillSql} from './backup/fill.ts'
import {measure, probe, type Latency, type Measured} from './backup/measure.ts'

const megabytes = Number(process.argv[2] ?? 2048)
const rounds = Number(process.argv[3] ?? 1)
const root = path.resolve(import.meta.dirname, '..')

/** What PostgreSQL needs by itself to say what is in the database. */
const limit = inShell('"$BIN/pg_dump" >/dev/null')

const bin = process.argv[4] || (await embeddedPrograms()).postgresBin
const folder = await mkdtemp(path.join(tmpdir(), 'bench-backup-'))
const settings = {shared_buffers: '256MB', max_wal_size: '4GB', autovacuum: 'off', synchronous_commit: 'off'}
await using cluster = await startHostCluster({bin, settings})
const store = fork(path.join(import.meta.dirname, 'backup/store.ts'))
try {
  const [{endpoint}] = (await once(store, 'message')) as [{endpoint: string}]
  await run(endpoint, store.pid!)
} finally {
  store.kill()
  await rm(folder, {recursive: true, force: true})
}

async function run(endpoint: string, storePid: number): Promise<void> {
  const url = Object.assign(new URL(cluster.url), {pathname: '/bench'}).href
  const {host, port, user, password} = cluster
  const environment = {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: 'bench',
    DATABASE_URL: url,
    FOLDER: folder,
    BIN: bin,
    RESTIC_REPOSITORY: path.join(folder, 'restic'),
    RESTIC_PASSWORD: 'bench',
    XDG_CACHE_HOME: path.join(folder, 'cache'),
    SPARKONE_STATE_DIR: path.join(folder, 'state'),
    STORE_KEY: 'operator',
    STORE_SECRET: 'letmein',
  }
  await execa(path.join(bin, 'createdb'), ['bench'], {env: environment})
  await execa(path.join(bin, 'psql'), ['-qX', '-v', 'ON_ERROR_STOP=1', '-v', `megabytes=${megabytes}`], {
    env: environment,
    input: (await hasVectors(url)) ? fillSql : arraysInstead(fillSql),
  })
  const wanted = process.argv[5] ?? ''
  const contenders = [...(await makeSparkone(endpoint)), ...(await others(environment))].filter(({name}) => name.startsWith(wanted))
  const idle = await quiet(url)
  const table: Record<string, object> = {}
  const around = {database: url, serverPid: cluster.processId, storePid}
  let before = await measure(limit, environment, around)
  for (const {name, argv, left} of Array.from({length: rounds}, () => contenders).flat()) {
    console.log(`${name} (load of the machine ${loadavg()[0]!.toFixed(1)})`)
    const measured = await measure(argv, environment, around)
    const after = await measure(limit, environment, around)
    table[name in table ? `${name}, again` : name] = row(measured, {before, after, bytes: await left(measured.stdout)})
    before = after
  }
  table['pg_dump >/dev/null'] = row(before, {before, after: before, bytes: 0})
  console.log(`database: ${megabytes} MB; the limit is pg_dump >/dev/null`)
  console.log(`query by primary key: ${describe(idle)} with nothing else, ${describe(before.probe)} during the last plain dump`)
  console.table(table)
}

interface Contender {
  name: string
  argv: readonly [string, ...string[]]
  /** Bytes that it left. */
  left(stdout: string): Promise<number>
}

async function makeSparkone(endpoint: string): Promise<Contender[]> {
  const target = `{name: away, bucket: copies, endpoint: "${endpoint}", accessKeyId: {env: STORE_KEY}, secretAccessKey: {env: STORE_SECRET}}`
  const database = `project: bench\nruntime: host\ndatabase: {url: {env: DATABASE_URL}, programs: ${bin}}\n`
  const versions = [
    ['sparkone, with off-site', `backup: {directory: ${folder}/with, nice: 0, offsite: [${target}]}\n`],
    ['sparkone, without', `backup: {directory: ${folder}/without, nice: 0}\n`],
    ['sparkone, two processes', `backup: {directory: ${folder}/two, nice: 0, jobs: 2}\n`],
    ['sparkone, stepping back', `backup: {directory: ${folder}/back, nice: 10}\n`],
  ] as const
  return Promise.all(
    versions.map(async ([name, backup], index) => {
      const file = path.join(folder, `sparkone-${index}.yml`)
      await writeFile(file, `version: 1\n${database}${backup}`)
      const argv = [process.execPath, path.join(root, 'bin/run.js'), 'backup', '--config', file, '--output', 'json'] as const
      return {name, argv: [...argv], left: async (stdout: string) => (JSON.parse(stdout) as {bytes: number}).bytes} as Contender
    }),
  )
}

async function others(environment: Record<string, string>): Promise<Contender[]> {
  const found = await execa('restic', ['init'], {env: environment, reject: false})
  await mkdir(path.join(folder, 'dumps'))
  const file = (name: string) => async () => (await stat(path.join(folder, 'dumps', name))).size
  const resticBytes = async () => Number((await execa('du', ['-sb', path.join(folder, 'restic')])).stdout.split('\t')[0])
  const restic = {
    name: 'pg_dump to restic',
    argv: inShell('"$BIN/pg_dump" | restic backup --quiet --stdin --stdin-filename bench.sql'),
    left: resticBytes,
  }
  if (found.failed) console.log(`without restic: ${found.shortMessage}`)
  const physical = await pgbackrest(environment)
  return [
    {name: 'pg_dump -Fc', argv: inShell('"$BIN/pg_dump" -Fc >"$FOLDER/dumps/custom"'), left: file('custom')},
    {name: 'pg_dump to zstd', argv: inShell('"$BIN/pg_dump" | zstd -q >"$FOLDER/dumps/zstd"'), left: file('zstd')},
    ...(found.failed ? [] : [restic]),
    ...(physical ? [physical] : []),
  ]
}

/** Copies the files of the whole server; without an archive, since nothing is to be recovered here. */
async function pgbackrest(environment: Record<string, string>): Promise<Contender | null> {
  const {dataFolder, socketFolder, port, user} = cluster
  const [file, repository] = [path.join(folder, 'pgbackrest.conf'), path.join(folder, 'pgbackrest')]
  const places = [`repo1-path=${repository}`, `log-path=${folder}`, `lock-path=${folder}/lock`, `spool-path=${folder}/spool`]
  const how = ['start-fast=y', 'archive-check=n', 'compress-type=zst', 'compress-level=1', 'process-max=2', 'log-level-console=off']
  const stanza = [`pg1-path=${dataFolder}`, `pg1-port=${port}`, `pg1-socket-path=${socketFolder}`, `pg1-user=${user}`]
  await writeFile(file, ['[global]', ...places, ...how, '[bench]', ...stanza, ''].join('\n'))
  const words = [`--config=${file}`, '--stanza=bench'] as const
  const made = await execa('pgbackrest', [...words, '--log-level-stderr=error', 'stanza-create'], {env: environment, reject: false})
  if (made.failed) {
    console.log(`without pgBackRest: ${made.stderr?.split('\n')[0] || made.shortMessage}`)
    return null
  }
  const left = async () => Number((await execa('du', ['-sb', repository])).stdout.split('\t')[0])
  return {name: 'pgBackRest, two processes', argv: ['pgbackrest', ...words, '--type=full', 'backup'], left}
}

async function hasVectors(database: string): Promise<boolean> {
  const client = new Client({connectionString: database})
  await client.connect()
  const {rowCount} = await client.query(`SELECT FROM pg_available_extensions WHERE name = 'vector'`)
  await client.end()
  return rowCount === 1
}

/** The scripts are fixed; what differs comes by the environment. */
function inShell(script: string): [string, ...string[]] {
  return ['bash', '-o', 'pipefail', '-c', script]
}

async function quiet(url: string): Promise<Latency> {
  const stop = new AbortController()
  const probing = probe(url, stop.signal)
  await delay(10_000)
  stop.abort()
  return probing
}

function row(measured: Measured, {before, after, bytes}: {before: Measured; after: Measured; bytes: number}): object {
  const limitSeconds = (before.seconds + after.seconds) / 2
  return {
    seconds: Number(measured.seconds.toFixed(1)),
    'limit, then': Number(limitSeconds.toFixed(1)),
    ratio: Number((measured.seconds / limitSeconds).toFixed(2)),
    MB: Math.round(bytes / 1e6),
    'CPU s, own': Number(measured.processor.own.toFixed(1)),
    'PostgreSQL, zstd, …': Number(measured.processor.programs.toFixed(1)),
    server: Number(measured.processor.server.toFixed(1)),
    store: Number(measured.processor.store.toFixed(1)),
    'MiB, all programs': Math.round(measured.treeMebibytes),
    'MiB, largest': Math.round(measured.largestMebibytes),
    'query, p50 ms': Number(measured.probe.median.toFixed(2)),
    'query, p99 ms': Number(measured.probe.p99.toFixed(2)),
    'p99, plain dump': Number(((before.probe.p99 + after.probe.p99) / 2).toFixed(2)),
  }
}

function describe({median, p99}: Latency): string {
  return `median ${median.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
}
