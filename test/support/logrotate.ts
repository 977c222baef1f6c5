import {chmod, mkdir, readdir, readFile, stat, utimes, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {gunzipSync} from 'node:zlib'
import {execa} from 'execa'
import {LocalLogFiles} from '../../src/lib/adapters/logs/files.ts'
import {perform} from '../../src/lib/change.ts'
import type {LogRule} from '../../src/lib/domain/log-rule.ts'
import {rotateLogs} from '../../src/lib/procedures/rotate-logs.ts'
import {FakeClock} from './fakes/clock.ts'
import {FakePorts} from './fakes/ports.ts'
import {plainRule} from './log-rules.ts'

/** One folder of logs, rotated by logrotate under `theirs` and by sparkone under `ours`. */
export interface RotationCase {
  name: string
  /** What stands between the braces in the configuration of logrotate. */
  theirs: string
  ours: Partial<LogRule>
  /** Bytes written before each run, by its number; 8 by default, null for nothing. */
  writes?: (run: number) => number | null
  /** Files that are there before the first run, with how many days old they are. */
  before?: Readonly<Record<string, {text: string; daysOld: number}>>
}

export interface Side {
  root: string
  /** Writes what the programs would have written, rotates at a time, and returns every file of each case with mode and text. */
  run(at: Date, run: number): Promise<Record<string, string[]>>
}

const logName = 'shop.log'

/** Returns logrotate itself, with its state, at whatever time the test says. */
export async function logrotateSide(root: string, cases: readonly RotationCase[], timeZone: string): Promise<Side> {
  await prepare(root, cases)
  const sections = cases.map(({name, theirs}) => `${path.join(root, name, logName)} {\n${theirs.replaceAll(/, */g, '\n')}\n}\n`)
  await writeFile(path.join(root, 'logrotate.conf'), sections.join(''), {mode: 0o600})
  return {
    root,
    async run(at, run) {
      await writeLogs(root, cases, at, run)
      const argv = ['-f', `@${local(at, timeZone)}`, 'logrotate', '-s', path.join(root, 'state'), path.join(root, 'logrotate.conf')]
      // It ends with 1 where a single log is skipped, which the trees show as well.
      await execa('faketime', argv, {env: {NO_FAKE_STAT: '1', TZ: timeZone, PATH: `${process.env.PATH}:/usr/sbin`}, reject: false})
      return treesOf(root, cases)
    },
  }
}

export async function sparkoneSide(root: string, cases: readonly RotationCase[], timeZone: string): Promise<Side> {
  await prepare(root, cases)
  const rules = cases.map(({name, ours}): LogRule => ({...plainRule, ...ours, pattern: `${name}/${logName}`}))
  const input = {rules, timeZone, snapshots: {enabled: false, lines: 1, days: 1, secrets: []}}
  return {
    root,
    async run(at, run) {
      await writeLogs(root, cases, at, run)
      const ports = new FakePorts()
      const files = new LocalLogFiles({folder: root, memory: path.join(root, 'memory.jsonl'), signal: ports.signal})
      const clock = new FakeClock(at, {sleeping: 'skip'})
      await perform(rotateLogs, input, Object.assign(ports, {clock, logFiles: async () => files}), {dryRun: false, lockWaitMilliseconds: 0})
      return treesOf(root, cases)
    },
  }
}

function local(at: Date, timeZone: string): string {
  return at.toLocaleString('sv-SE', {timeZone})
}

async function prepare(root: string, cases: readonly RotationCase[]): Promise<void> {
  for (const {name, before = {}} of cases) {
    const folder = path.join(root, name)
    await mkdir(folder, {recursive: true})
    await chmod(folder, 0o755)
    for (const [file, {text, daysOld}] of Object.entries(before)) {
      await writeFile(path.join(folder, file), text, {mode: 0o640})
      const time = new Date(Date.parse('2026-11-01T00:00:00Z') - daysOld * 86_400_000)
      await utimes(path.join(folder, file), time, time)
    }
  }
}

async function writeLogs(root: string, cases: readonly RotationCase[], at: Date, run: number): Promise<void> {
  for (const {name, writes = () => 8} of cases) {
    const bytes = writes(run)
    const file = path.join(root, name, logName)
    if (bytes === null) continue
    await writeFile(file, `${run}`.padEnd(Math.max(bytes - 1, 0), '.').slice(0, Math.max(bytes - 1, 0)) + (bytes === 0 ? '' : '\n'), {
      flag: 'a',
      mode: 0o640,
    })
    await utimes(file, at, at)
  }
}

async function treesOf(root: string, cases: readonly RotationCase[]): Promise<Record<string, string[]>> {
  const trees = cases.map(async ({name}) => {
    const folder = path.join(root, name)
    const files = (await readdir(folder)).toSorted().map(async (file) => {
      const [bytes, {mode}] = await Promise.all([readFile(path.join(folder, file)), stat(path.join(folder, file))])
      const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()
      return `${file} ${(mode & 0o7777).toString(8)} ${JSON.stringify(text)}`
    })
    return [name, await Promise.all(files)] as const
  })
  return Object.fromEntries(await Promise.all(trees))
}
