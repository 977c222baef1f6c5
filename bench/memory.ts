/**
 * How much memory a backup with a copy off-site takes, for dumps of very different size. The rows compress well, so that little disk is needed for much that
 * has to go through. Run: node bench/memory.ts [gigabytes of rows as COPY writes them, 0.1] [another size …].
 */
import {fork} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {loadavg, tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {embeddedPrograms} from '../src/lib/adapters/embedded/embedded-programs.ts'
import {startHostCluster} from '../test/support/testbed/host-cluster.ts'
import {measure} from './backup/measure.ts'

const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [0.1, 1, 20]
const rowBytes = 100_000
const gigabyte = 1e9

const bin = (await embeddedPrograms()).postgresBin
const folder = await mkdtemp(path.join(tmpdir(), 'bench-memory-'))
await using cluster = await startHostCluster({bin, settings: {autovacuum: 'off', synchronous_commit: 'off', max_wal_size: '4GB'}})
const store = fork(path.join(import.meta.dirname, 'backup/store.ts'))
try {
  const [{endpoint}] = (await once(store, 'message')) as [{endpoint: string}]
  const table: Record<string, object> = {}
  for (const size of sizes) table[`${size} GB`] = await backUp(size, endpoint)
  console.table(table)
} finally {
  store.kill()
  await rm(folder, {recursive: true, force: true})
}

async function backUp(gigabytes: number, endpoint: string): Promise<object> {
  const {host, port, user, password, processId: serverPid} = cluster
  const name = `of_${String(gigabytes).replace('.', '_')}`
  const url = Object.assign(new URL(cluster.url), {pathname: `/${name}`}).href
  const environment = {
    PGHOST: host,
    PGPORT: String(port),
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: name,
    DATABASE_URL: url,
    SPARKONE_STATE_DIR: path.join(folder, 'state'),
    STORE_KEY: 'operator',
    STORE_SECRET: 'letmein',
  }
  await execa(path.join(bin, 'createdb'), [name], {env: environment})
  await execa(path.join(bin, 'psql'), ['-qX', '-v', 'ON_ERROR_STOP=1'], {
    env: environment,
    input: fillSql((gigabytes * gigabyte) / rowBytes),
  })
  const target = `{name: away, bucket: copies, endpoint: "${endpoint}", accessKeyId: {env: STORE_KEY}, secretAccessKey: {env: STORE_SECRET}}`
  const file = path.join(folder, `${name}.yml`)
  const database = `database: {url: {env: DATABASE_URL}, programs: ${bin}}`
  await writeFile(
    file,
    `version: 1\nproject: ${name}\nruntime: host\n${database}\nbackup: {directory: ${folder}/sets, offsite: [${target}]}\n`,
  )
  const run = path.resolve(import.meta.dirname, '../bin/run.js')
  const argv = [process.execPath, run, 'backup', '--config', file, '--output', 'json'] as const
  const load = loadavg()[0]!
  const {seconds, largestMebibytes, treeMebibytes, stdout} = await measure([...argv], environment, {
    database: url,
    serverPid,
    storePid: store.pid!,
  })
  const {bytes} = JSON.parse(stdout) as {bytes: number}
  return {
    seconds: Number(seconds.toFixed(1)),
    'MB stored': Math.round(bytes / 1e6),
    'MiB, largest': Math.round(largestMebibytes),
    'MiB, all programs': Math.round(treeMebibytes),
    load: Number(load.toFixed(1)),
  }
}

/** A tenth of each row is noise, so that there is something to store, and the rest repeats itself. */
function fillSql(rows: number): string {
  const noise = `(SELECT string_agg(encode(sha512(convert_to(i || ':' || n, 'UTF8')), 'hex'), '') FROM generate_series(1, ${Math.round(rowBytes / 10 / 128)}) n)`
  return `CREATE TABLE orders (id int PRIMARY KEY, body text COMPRESSION lz4);
    INSERT INTO orders SELECT i, left(${noise} || repeat(md5(i::text), ${Math.ceil(rowBytes / 32)}), ${rowBytes}) FROM generate_series(1, ${Math.ceil(rows)}) i;`
}
