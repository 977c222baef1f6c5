/** What the API's middleware costs: `/health/live` of the API beside that of a bare Hono app, on the same server and machine. Run: node bench/api.ts */
import {readFileSync} from 'node:fs'
import {fileURLToPath} from 'node:url'
import {startApiDatabases} from '../test/support/api-database.ts'
import {startApi, type ApiProcess} from '../test/support/api-process.ts'

const rounds = 7
const requests = 2_000
const callers = 10

await using databases = await startApiDatabases()
// The limit with which ops/docker-compose.prod.yml starts it.
const environment = {DATABASE_URL: await databases.create(), NODE_OPTIONS: '--max-semi-space-size=4'}
const start = performance.now()
await using api = await startApi(environment, {program: fileURLToPath(new URL('../dist/demo/api.mjs', import.meta.url))})
const startMilliseconds = performance.now() - start
await using bare = await startApi(environment, {program: fileURLToPath(new URL('bare-hono.ts', import.meta.url))})

const [ours, theirs]: [number[], number[]] = [[], []]
await Promise.all([load(api), load(bare)])
// In turns, so that whatever else the machine does meets both.
for (let round = 0; round < rounds; round++) {
  ours.push(...(await load(api)))
  theirs.push(...(await load(bare)))
}

const rows = {api: figures(ours), 'bare hono': figures(theirs)}
console.table(rows)
console.log(
  `overhead per request: ${(rows.api.median - rows['bare hono'].median).toFixed(2)} ms in the median, ratio ${(rows.api.median / rows['bare hono'].median).toFixed(2)}`,
)
console.log(`start: ${Math.round(startMilliseconds)} ms; memory after ${(rounds + 1) * requests} requests: ${memory(api)}`)

/** Returns the milliseconds of each request. */
async function load({url}: ApiProcess): Promise<number[]> {
  const times: number[] = []
  let left = requests
  async function call(): Promise<void> {
    while (left-- > 0) {
      const begin = performance.now()
      await (await fetch(`${url}/health/live`)).text()
      times.push(performance.now() - begin)
    }
  }
  await Promise.all(Array.from({length: callers}, call))
  return times
}

function figures(times: number[]): {median: number; p95: number; p99: number} {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) => Number(sorted[Math.ceil(sorted.length * share) - 1]!.toFixed(2))
  return {median: at(0.5), p95: at(0.95), p99: at(0.99)}
}

// The file-backed part is Node's own program, which all workers share.
function memory({child}: ApiProcess): string {
  const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024)
  return `${megabytes('VmRSS')} MiB resident, ${megabytes('RssAnon')} MiB of it its own`
}
