/**
 * What it costs to start sparkone: processor time and memory of commands that have nothing to do, beside a Node that does nothing, each in turn.
 * Run: npm run build && node bench/start.ts [rounds, 15].
 */
import {spawnSync} from 'node:child_process'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'

interface Usage {
  milliseconds: number
  mebibytes: number
}

const rounds = Number(process.argv[2] ?? 15)
const program = path.resolve(import.meta.dirname, '../bin/run.js')
const hook = path.join(import.meta.dirname, 'start/usage.cjs')
const commands = ['--version', 'help', 'cron run', 'restore --list', 'backup --dry-run', 'health --json']
const nothing = 'node -e 0'

const folder = await mkdtemp(path.join(tmpdir(), 'bench-start-'))
try {
  // Nobody listens there, so that what is asked answers at once.
  const database = 'database: {url: "postgres://nobody@127.0.0.1:1/none"}'
  await writeFile(path.join(folder, 'sparkone.yml'), `version: 1\nproject: bench\nruntime: host\n${database}\nbackup: {directory: sets}\n`)
  for (const command of commands) used([program, ...command.split(' ')])
  show(measure())
} finally {
  await rm(folder, {recursive: true, force: true})
}

function measure(): Map<string, Usage[]> {
  const usages = new Map<string, Usage[]>()
  for (let round = 0; round < rounds; round += 1) {
    note(usages, nothing, used(['-e', '0']))
    for (const command of commands) note(usages, `sparkone ${command}`, used([program, ...command.split(' ')]))
  }
  return usages
}

function note(usages: Map<string, Usage[]>, name: string, usage: Usage): void {
  usages.set(name, [...(usages.get(name) ?? []), usage])
}

function used(words: readonly string[]): Usage {
  const {output} = spawnSync(process.execPath, ['--require', hook, ...words], {
    cwd: folder,
    env: {PATH: process.env.PATH, HOME: folder},
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  return JSON.parse(output[3]!) as Usage
}

function show(usages: ReadonlyMap<string, readonly Usage[]>): void {
  const limit = median(usages.get(nothing)!, 'milliseconds')
  const rows = [...usages].map(([name, all]) => {
    const milliseconds = median(all, 'milliseconds')
    return [
      name,
      {'processor ms': Math.round(milliseconds), ratio: (milliseconds / limit).toFixed(1), MiB: Math.round(median(all, 'mebibytes'))},
    ]
  })
  console.table(Object.fromEntries(rows))
}

function median(all: readonly Usage[], key: keyof Usage): number {
  return all.map((usage) => usage[key]).toSorted((one, other) => one - other)[all.length >> 1]!
}
