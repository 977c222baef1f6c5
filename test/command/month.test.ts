import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect, onTestFinished, test} from 'vitest'
import Backup from '../../src/commands/backup.ts'
import BackupCleanup from '../../src/commands/backup/cleanup.ts'
import Sync from '../../src/commands/sync.ts'
import Verify from '../../src/commands/verify.ts'
import {schedulesOf} from '../../src/lib/config/attendance-input.ts'
import {Secret} from '../../src/lib/config/secret.ts'
import type {Config} from '../../src/lib/config/schema.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {runDue} from '../../src/lib/procedures/cron-run.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {MemoryOffsite} from '../support/fakes/offsite.ts'
import {FakePorts} from '../support/fakes/ports.ts'

const minute = 60_000
const slack = 'https://hooks.example/x9'

/** Thirty nights in Berlin, in the middle of which the clocks go back. */
const [from, to] = ['2026-10-10T12:00Z', '2026-11-09T12:00Z']

interface Fault {
  from: string
  to: string
  begin: () => void
  end: () => void
}

/** A project that is run by its schedule alone. */
function openMonth() {
  const state = mkdtempSync(path.join(tmpdir(), 'sparkone-month-'))
  process.env.SPARKONE_STATE_DIR = state
  onTestFinished(() => {
    delete process.env.SPARKONE_STATE_DIR
    rmSync(state, {recursive: true})
  })
  const clock = new FakeClock(new Date(from), {sleeping: 'skip'})
  const ports = Object.assign(new FakePorts(), {clock})
  const vault = new MemoryOffsite()
  ports.targets.push({name: 'vault', maxAgeMilliseconds: 26 * 60 * minute, store: vault})
  ports.network.answer(slack, {})
  const parsed = settingsWith({
    backup: {retention: {within: '7d'}},
    schedule: {backup: '30 2 * * *', verify: '30 2 * * *', sync: '0 6 * * *', cleanup: '0 7 * * *', timeZone: 'Europe/Berlin'},
  })
  const settings = {...parsed, notifications: {...parsed.notifications, slack: new Secret(slack, 'test')}} as Config
  const commands = {backup: Backup, 'verify latest': Verify, sync: Sync, 'backup cleanup --yes': BackupCleanup}
  const printed: string[] = []
  Object.assign(ports, {
    sparkone: async (words: readonly string[]) => {
      const typed = words.join(' ').replace(/ --cron$/, '')
      const command = commands[typed as keyof typeof commands]
      const depth = command === BackupCleanup ? 2 : 1
      const run = await runCommand(command, words.slice(0, depth).join(':'), words.slice(depth), () => ports, settings)
      if (run.stderr !== '') printed.push(`${clock.now().toISOString().slice(0, 10)} ${run.stderr.split('\n')[0]}`)
      return run.code
    },
  })
  const told = () => ports.network.posted.map(({body}) => (JSON.parse(body) as {text: string}).text.split(':')[0]!)
  return {ports, clock, vault, settings, printed, told}
}

type Month = ReturnType<typeof openMonth>

/** While the machine is off nothing looks. */
const off = {from: Date.parse('2026-10-22T00:00Z'), to: Date.parse('2026-10-22T09:10Z')}

function faultsOf({ports, vault}: Month): Fault[] {
  return [
    {
      from: '2026-10-13T00:00Z',
      to: '2026-10-13T03:00Z',
      begin: () => (ports.unreachable = new OperatorError('unreachable', 'The database does not answer.')),
      end: () => (ports.unreachable = null),
    },
    {from: '2026-10-16T00:00Z', to: '2026-10-16T05:00Z', begin: () => (ports.sets.free = 0), end: () => (ports.sets.free = 1e9)},
    {
      from: '2026-10-19T00:00Z',
      to: '2026-10-19T05:15Z',
      begin: () => (vault.failing = {copy: new OperatorError('unreachable', 'The store does not answer.')}),
      end: () => (vault.failing = {}),
    },
    {
      from: '2026-10-28T00:00Z',
      to: '2026-10-28T12:00Z',
      begin: () => (ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)),
      end: () => (ports.postgres.afterRestore = () => {}),
    },
    // A restore is going on, for so long that two calls find the lock held.
    {
      from: '2026-11-02T01:00Z',
      to: '2026-11-02T02:20Z',
      begin: () => ports.lockBook.held.set('shop-production', {command: 'restore', run: 'r'}),
      end: () => ports.lockBook.held.delete('shop-production'),
    },
  ]
}

/** Looks every five minutes what is due, and returns the day of each backup that was made. */
async function live(month: Month): Promise<string[]> {
  const {ports, clock, settings} = month
  const schedules = schedulesOf(settings)
  const faults = faultsOf(month)
  const made = new Map<string, string>()
  while (clock.now().getTime() < Date.parse(to)) {
    const before = clock.now().getTime()
    if (before < off.from || before >= off.to) await runDue(schedules, ports)
    for (const {manifest} of await ports.sets.list()) made.set(manifest.id, manifest.startedAt.slice(0, 10))
    clock.advance(5 * minute)
    for (const fault of faults) strike(fault, before, clock.now().getTime())
  }
  return [...made.values()]
}

function strike({from: first, to: last, begin, end}: Fault, before: number, now: number): void {
  const passed = (time: string) => before < Date.parse(time) && now >= Date.parse(time)
  if (passed(first)) begin()
  if (passed(last)) end()
}

function verdict(code: number): string {
  if (code === 0) return 'is well again'
  return code === 1 ? 'ended with a warning (code 1)' : `failed with code ${code}`
}

test('a month under cron: every alarm rings once, nothing is lost, and what is kept is right', {timeout: 60_000}, async () => {
  const month = openMonth()
  const {ports, vault, printed, told} = month
  const made = await live(month)
  // The first one is made at once, since until then there is none.
  expect(made).toEqual(Array.from({length: 31}, (_, day) => new Date(Date.parse(from) + day * 24 * 60 * minute).toISOString().slice(0, 10)))
  const rung = [
    ['2026-10-13', 'backup', 10],
    ['2026-10-13', 'verify', 10],
    ['2026-10-13', 'backup', 0],
    ['2026-10-13', 'verify', 0],
    ['2026-10-16', 'backup', 12],
    ['2026-10-16', 'backup', 0],
    ['2026-10-19', 'backup', 1],
    ['2026-10-19', 'sync', 10],
    ['2026-10-19', 'sync', 0],
    ['2026-10-20', 'backup', 0],
    ['2026-10-28', 'verify', 13],
    ['2026-10-29', 'verify', 0],
  ] as const
  expect(printed).toEqual(
    rung.map(([day, job, code]) => `${day} sparkone ${job}${code === 0 ? ': all is well again.' : ` ended with ${code}`}`),
  )
  expect(told()).toEqual(rung.map(([, job, code]) => `sparkone ${job} of shop (production) ${verdict(code)}`))
  // Everything of the last seven days, here and in the store that was away for a night.
  const kept = (await ports.sets.list()).map(({manifest}) => manifest.id)
  expect(kept.map((id) => id.slice(0, 8))).toEqual(made.slice(-8).map((day) => day.replaceAll('-', '')))
  expect((await vault.list()).map(({manifest}) => manifest.id)).toEqual(kept)
})
