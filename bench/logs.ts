/**
 * How long rotation takes beside logrotate in the same run: many small logs, renamed only and compressed, and one large log that is compressed; and
 * how much memory it needs. Run after a build: node bench/logs.ts [megabytes of the large log] [small logs]
 */
import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {createWriteStream} from 'node:fs'
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

const megabytes = Number(process.argv[2] ?? 512)
const smallLogs = Number(process.argv[3] ?? 10_000)
const rounds = 3

const paths = ['/v1/messages', '/v1/search', '/health', '/v1/sessions', '/v1/notes/recent']

const root = path.resolve(import.meta.dirname, '..')
const folder = await mkdtemp(path.join(tmpdir(), 'sparkone-bench-'))

interface Measured {
  seconds: number
  peakMebibytes: number
}

interface Workload {
  name: string
  logs: number
  bytes: number
  compress: boolean
  rounds: number
}

const workloads: Workload[] = [
  {name: `${smallLogs} logs of 2 KB, renamed`, logs: smallLogs, bytes: 2000, compress: false, rounds},
  {name: `${smallLogs} logs of 2 KB, compressed`, logs: smallLogs, bytes: 2000, compress: true, rounds},
  {name: `one log of 64 MB, compressed`, logs: 1, bytes: 64e6, compress: true, rounds},
  {name: `one log of ${megabytes} MB, compressed`, logs: 1, bytes: megabytes * 1e6, compress: true, rounds: megabytes > 1024 ? 1 : rounds},
]

try {
  console.log('| logs | logrotate s | sparkone s | ratio | logrotate MiB | sparkone MiB |')
  console.log('| :-- | --: | --: | --: | --: | --: |')
  for (const workload of workloads) {
    const theirs: Measured[] = []
    const ours: Measured[] = []
    // In turns, so that what else the machine does falls on both.
    for (let round = 0; round < workload.rounds; round++) {
      theirs.push(await measure(workload, byLogrotate))
      ours.push(await measure(workload, bySparkone))
    }
    const [one, other] = [fastest(theirs), fastest(ours)]
    const cells = [
      one.seconds.toFixed(2),
      other.seconds.toFixed(2),
      (other.seconds / one.seconds).toFixed(2),
      one.peakMebibytes,
      other.peakMebibytes,
    ]
    console.log(`| ${[workload.name, ...cells].join(' | ')} |`)
  }
} finally {
  await rm(folder, {recursive: true})
}

/** What else the machine does only ever adds. */
function fastest(all: readonly Measured[]): Measured {
  return all.reduce((best, each) => (each.seconds < best.seconds ? each : best))
}

async function measure(workload: Workload, argvOf: (place: string, workload: Workload) => Promise<string[]>): Promise<Measured> {
  const place = await mkdtemp(path.join(folder, 'run-'))
  await fill(path.join(place, 'logs'), workload)
  const argv = await argvOf(place, workload)
  const begin = performance.now()
  const peakMebibytes = await run(argv, {SPARKONE_STATE_DIR: path.join(place, 'state')})
  const seconds = (performance.now() - begin) / 1000
  const rotated = (await readdir(path.join(place, 'logs'))).filter((name) => name.endsWith(workload.compress ? '.log.1.gz' : '.log.1'))
  if (rotated.length !== workload.logs) throw new Error(`${argv[0]} rotated ${rotated.length} logs of ${workload.logs}.`)
  await rm(place, {recursive: true})
  return {seconds, peakMebibytes}
}

async function byLogrotate(place: string, {compress}: Workload): Promise<string[]> {
  const words = ['size 1', 'rotate 3', ...(compress ? ['compress'] : [])].join('\n')
  await writeFile(path.join(place, 'conf'), `${place}/logs/*.log {\n${words}\n}\n`, {mode: 0o600})
  return ['/usr/sbin/logrotate', '-s', path.join(place, 'state-of-logrotate'), path.join(place, 'conf')]
}

async function bySparkone(place: string, {compress}: Workload): Promise<string[]> {
  const file = path.join(place, 'sparkone.yml')
  const text = `version: 1
project: bench
runtime: host
database: {url: 'postgres://nobody@localhost/none'}
backup: {directory: backups}
logs:
  snapshots: {enabled: false}
  rotate: [{pattern: '*.log', size: '1', rotate: 3, compress: ${compress}}]
`
  await writeFile(file, text, {mode: 0o600})
  return [process.execPath, path.join(root, 'bin/run.js'), 'rotate-logs', '--quiet', '--json', '--config', file]
}

/** Returns the largest resident memory of the program itself, in MiB, which the kernel keeps count of until it ends. */
async function run([program = '', ...argv]: readonly string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(program, argv, {stdio: ['ignore', 'ignore', 'inherit'], env: {...process.env, ...environment}})
  let peak = 0
  const look = setInterval(() => {
    void readFile(`/proc/${child.pid}/status`, 'utf8').then(
      (text) => (peak = Math.max(peak, Number(/^VmHWM:\s*(\d+)/m.exec(text)?.[1] ?? 0))),
      () => undefined,
    )
  }, 20)
  const [code] = (await once(child, 'exit')) as [number]
  clearInterval(look)
  if (code !== 0) throw new Error(`${program} ended with ${code}.`)
  return Math.round(peak / 1024)
}

/** Lines as a service writes them: of a form that repeats, with numbers that do not. */
async function fill(place: string, {logs, bytes}: Workload): Promise<void> {
  await mkdir(place, {recursive: true, mode: 0o755})
  for (let index = 0; index < logs; index++) {
    const file = createWriteStream(path.join(place, `service-${index}.log`), {mode: 0o640})
    for (let written = 0, line = 0; written < bytes;) {
      let piece = ''
      while (piece.length < Math.min(256 * 1024, bytes - written)) piece += lineOf(index + (line += 1))
      written += piece.length
      if (!file.write(piece)) await once(file, 'drain')
    }
    file.end()
    await once(file, 'close')
  }
}

function lineOf(number: number): string {
  const scrambled = Math.imul(number, 2_654_435_761) >>> 0
  const fields = {
    level: 30,
    time: 1_795_341_600_000 + number * 7,
    reqId: scrambled.toString(36),
    path: paths[scrambled % 5],
    responseTime: (scrambled % 4000) / 10,
  }
  return `${JSON.stringify({...fields, msg: 'request completed'})}\n`
}
