/**
 * How long it takes to decide on 100,000 backups, beside sorting the same list by date, which no retention can do without; and to list
 * 10,000 sets on a disk, beside reading the same files. Run: node bench/retention.ts
 */
import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {sealed} from '../src/lib/adapters/directory/sealed.ts'
import {DirectoryStore} from '../src/lib/adapters/directory/store.ts'
import {inTurns} from '../src/lib/adapters/turns.ts'
import {noRules} from '../src/lib/domain/retention-policy.ts'
import {decideRetention, type RetainedBackup, type RetentionPolicy} from '../src/lib/domain/retention.ts'
import {setOf} from '../test/support/retention/sets.ts'

const rounds = 5
const decided = 100_000
const listed = 10_000

const hour = 3_600_000
const now = Date.parse('2026-11-22T10:00:00Z')
const policy: RetentionPolicy = {
  rules: {...noRules, last: 10, hourly: 48, daily: 30, weekly: 12, monthly: 24, yearly: 'all', tags: [['release']]},
  floor: 2,
  failedProofs: {years: 0, months: 0, days: 7, hours: 0},
  timeZone: 'Europe/Berlin',
}

// Hourly for eleven years, in no order, one in ten without a proof.
const backups = Array.from({length: decided}, (_, index): RetainedBackup => {
  const place = (index * 7919) % decided
  const state = place % 10 === 3 ? 'unproven' : 'proven'
  return {id: String(place).padStart(6, '0'), database: 'app', time: now - place * hour, tags: [], state, marked: false, suspect: false}
})

const decide = await best(() => decideRetention(backups, policy, {now, failedRunAt: null}))
const sort = await best(() => backups.toSorted((one, other) => other.time - one.time || (other.id > one.id ? 1 : -1)))
console.log(
  `retention of ${decided} backups: ${decide.toFixed(0)} ms; sorting them: ${sort.toFixed(0)} ms; ratio ${(decide / sort).toFixed(1)}`,
)

const folder = await mkdtemp(path.join(tmpdir(), 'sparkone-bench-'))
try {
  const store = new DirectoryStore(folder, 'shop', 'production')
  await fill(store.location)
  const list = await best(async () => {
    if ((await store.list()).length !== listed) throw new Error('Not every set was listed.')
  })
  const read = await best(() => readAll(store.location))
  console.log(
    `listing ${listed} sets: ${list.toFixed(0)} ms; reading their files: ${read.toFixed(0)} ms; ratio ${(list / read).toFixed(1)}`,
  )
} finally {
  await rm(folder, {recursive: true})
}

/** Returns the milliseconds of the fastest of several runs: what else the machine does only ever adds. */
async function best(work: () => unknown): Promise<number> {
  let fastest = Infinity
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now()
    await work()
    fastest = Math.min(fastest, performance.now() - begin)
  }
  return fastest
}

/** Writes what a listing reads of each set, without waiting for the disk as a backup would. */
async function fill(location: string): Promise<void> {
  for (let index = 0; index < listed; index++) {
    const {manifest, proof} = setOf({daysAgo: index / 24})
    const id = `${manifest.id.slice(0, -6)}${index.toString(16).padStart(6, '0')}`
    const set = path.join(location, id)
    await mkdir(set, {recursive: true})
    const member = {name: 'database.dump', bytes: 4, sha256: '0'.repeat(64)}
    await writeFile(path.join(set, 'manifest.json'), sealed({...manifest, id, members: [member]}))
    await writeFile(path.join(set, 'proof.json'), sealed({...proof, id}))
  }
}

async function readAll(location: string): Promise<void> {
  const names = await readdir(location)
  const files = names.flatMap((name) => ['manifest.json', 'proof.json'].map((file) => path.join(location, name, file)))
  await inTurns(files, 32, (file) => readFile(file))
}
