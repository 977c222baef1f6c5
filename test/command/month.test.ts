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
const heartbeat = 'https://ping.example/4f2a'

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
  const settings = {
    ...parsed,
    notifications: {...parsed.notifications, slack: new Secret(slack, 'test'), heartbeat: {backup: new Secret(heartbeat, 'test')}},
  } as Config
  const switchboard = watchHeartbeat(ports)
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
  return {ports, clock, vault, settings, printed, told, ...switchboard}
}

/** Receives what is pinged, as a dead-man switch that can be down; returns the days of runs that it heard begin and end, and how they ended. */
function watchHeartbeat(ports: FakePorts) {
  const heard: {day: string; event: string; run: string}[] = []
  const line = {isDown: false, unheard: 0}
  const post = ports.network.post.bind(ports.network)
  ports.network.post = async (url, body, options) => {
    if (!url.startsWith(heartbeat)) return post(url, body, options)
    if (line.isDown) {
      line.unheard += 1
      throw new OperatorError('unreachable', 'The heartbeat does not answer.')
    }
    const {pathname, searchParams} = new URL(url)
    heard.push({day: ports.clock.now().toISOString().slice(0, 10), event: pathname.slice('/4f2a'.length), run: searchParams.get('rid')!})
    return {status: 200, headers: {}, body: '', milliseconds: 4}
  }
  return {heard, line}
}

type Month = ReturnType<typeof openMonth>

/** While the machine is off nothing looks. */
const off = {from: Date.parse('2026-10-22T00:00Z'), to: Date.parse('2026-10-22T09:10Z')}

function faultsOf({ports, vault, line}: Month): Fault[] {
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
      to: '2026-10-20T12:15Z',
      begin: () => (vault.failing = {copy: new OperatorError('unreachable', 'The store does not answer.')}),
      end: () => (vault.failing = {}),
    },
    {
      from: '2026-10-28T00:00Z',
      to: '2026-10-28T12:00Z',
      begin: () => (ports.postgres.afterRestore = ({tables}) => (tables.orders = 4)),
      end: () => (ports.postgres.afterRestore = () => {}),
    },
    {
      from: '2026-11-04T12:00Z',
      to: '2026-11-05T12:00Z',
      begin: () => (line.isDown = true),
      end: () => (line.isDown = false),
    },
    {
      from: '2026-11-06T00:00Z',
      to: '2026-11-06T04:00Z',
      begin: () => (ports.unreachable = new OperatorError('denied', 'The password is wrong.')),
      end: () => (ports.unreachable = null),
    },
    {
      from: '2026-11-08T00:00Z',
      to: '2026-11-08T03:00Z',
      begin: () => (ports.postgres.failing = {dump: new OperatorError('failed', 'pg_dump ended with 1.')}),
      end: () => (ports.postgres.failing = {}),
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

/** Looks every five minutes what is due, and returns the day of each backup that was made, and what was gone although it was not a week old. */
async function live(month: Month): Promise<{made: string[]; lost: Set<string>}> {
  const {ports, clock, settings} = month
  const schedules = schedulesOf(settings)
  const faults = faultsOf(month)
  const made = new Map<string, string>()
  const lost = new Set<string>()
  while (clock.now().getTime() < Date.parse(to)) {
    const before = clock.now().getTime()
    if (before < off.from || before >= off.to) await runDue(schedules, ports)
    const present = new Map((await ports.sets.list()).map(({manifest}) => [manifest.id, manifest.startedAt]))
    for (const [id, startedAt] of present) made.set(id, startedAt.slice(0, 10))
    for (const id of [...made.keys()].slice(-7)) if (!present.has(id)) lost.add(id)
    clock.advance(5 * minute)
    for (const fault of faults) strike(fault, before, clock.now().getTime())
  }
  return {made: [...made.values()], lost}
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

test('a month under cron: every alarm rings once, nothing is lost, and what is kept is right', async () => {
  const month = openMonth()
  const {ports, vault, printed, told, line} = month
  const {made, lost} = await live(month)
  expect([...lost]).toEqual([])
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
    ['2026-10-20', 'sync', 0],
    ['2026-10-21', 'backup', 0],
    ['2026-10-28', 'verify', 13],
    ['2026-10-29', 'verify', 0],
    ['2026-11-06', 'backup', 11],
    ['2026-11-06', 'verify', 11],
    ['2026-11-06', 'backup', 0],
    ['2026-11-06', 'verify', 0],
    ['2026-11-08', 'backup', 2],
    ['2026-11-08', 'backup', 0],
  ] as const
  const heartbeatLost = '2026-11-05 Warning: the heartbeat was not told: The heartbeat does not answer.'
  expect(printed.filter((text) => text === heartbeatLost)).toHaveLength(1)
  expect(line.unheard).toBeGreaterThan(0)
  expect(printed.filter((text) => text !== heartbeatLost)).toEqual(
    rung.map(([day, job, code]) => `${day} sparkone ${job}${code === 0 ? ': all is well again.' : ` ended with ${code}`}`),
  )
  expect(told()).toEqual(rung.map(([, job, code]) => `sparkone ${job} of shop (production) ${verdict(code)}`))
  // Everything of the last seven days, here and in the store that was away for a night.
  const kept = (await ports.sets.list()).map(({manifest}) => manifest.id)
  expect(kept.map((id) => id.slice(0, 8))).toEqual(made.slice(-8).map((day) => day.replaceAll('-', '')))
  expect((await vault.list()).map(({manifest}) => manifest.id)).toEqual(kept)
  expect(endsHeard(month)).toEqual(expectedEnds(made))
})

/** Returns how runs ended by day, each end once, and that they did begin. */
function endsHeard({heard}: Month): string[] {
  const begun = new Set<string>()
  const ends = heard.flatMap(({day, event, run}) => {
    if (event === '/start') begun.add(run)
    return event === '/start'
      ? []
      : [`${day} ${begun.has(run) ? 'begun' : 'never begun'}, ended ${event === '' ? 'well' : `with ${event.slice(1)}`}`]
  })
  return [...new Set(ends)]
}

/** Each day once, but for failures before it, a store that is away, and the day on which the heartbeat itself was down. */
function expectedEnds(days: readonly string[]): string[] {
  const failures: Record<string, number> = {'2026-10-13': 10, '2026-10-16': 12, '2026-11-06': 11, '2026-11-08': 2}
  const lasting: Record<string, number> = {'2026-10-19': 1, '2026-10-20': 1}
  return days.flatMap((day) => {
    const failed = failures[day] === undefined ? [] : [`${day} begun, ended with ${failures[day]}`]
    const end = lasting[day] === undefined ? 'well' : `with ${lasting[day]}`
    return day === '2026-11-05' ? [] : [...failed, `${day} begun, ended ${end}`]
  })
}
