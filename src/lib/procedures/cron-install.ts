import {type Caller, isOurs, timerFiles, timerName, timerPaths, timerSystems, type TimerSystem} from '../domain/timer-files.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'

export interface TimerInput {
  caller: Caller
  /** The tree to install into; `/` is this machine. */
  root: string
  /** Null: systemd where it runs, otherwise cron. */
  system: TimerSystem | null
}

/** One file, and what becomes of it. */
export interface FileChange {
  path: string
  before: string | null
  after: string | null
}

export interface TimerPlan {
  system: TimerSystem
  changes: readonly FileChange[]
  summary: readonly string[]
  /** Words for systemctl, in order, once the files are in place. */
  commands: readonly (readonly string[])[]
  /** Words for systemctl before anything is removed. */
  before: readonly (readonly string[])[]
}

/** Returns what installing means here. Throws `refused` for a file in the way that somebody else wrote. */
export async function planInstall({caller, root, system: wanted}: TimerInput, ports: Ports): Promise<TimerPlan> {
  const system = wanted ?? ((await (await ports.systemd()).runs(root)) ? 'systemd' : 'cron.d')
  const other = timerSystems.find((each) => each !== system)!
  const present = await presentFiles({caller, root}, ports)
  const mine = timerFiles(system, caller, root, present.get(timerPaths('cron.d', caller, root)[0]!) ?? null)
  const installed = mine.map(({path, text}): FileChange => ({path, before: present.get(path) ?? null, after: text}))
  // Called by both, everything would be looked at twice.
  const stale = timerPaths(other, caller, root).flatMap((path) => removal(path, present))
  const unit = `${timerName(caller)}.timer`
  const live = root === '/'
  return {
    system,
    changes: [...installed, ...stale],
    summary: [...installed, ...stale].map(describe),
    before: live && other === 'systemd' && stale.length > 0 ? [['disable', '--now', unit]] : [],
    commands: live && system === 'systemd' ? [['daemon-reload'], ['enable', '--now', unit]] : [],
  }
}

/** Returns what removing means here: nothing where nothing is installed. Throws `refused` for a file that somebody else wrote. */
export async function planRemoval(
  {caller, root}: Pick<TimerInput, 'root'> & {caller: Pick<Caller, 'project' | 'environment'>},
  ports: Ports,
): Promise<TimerPlan> {
  const present = await presentFiles({caller, root}, ports)
  const ofSystemd = timerPaths('systemd', caller, root).flatMap((path) => removal(path, present))
  const changes = [...ofSystemd, ...timerPaths('cron.d', caller, root).flatMap((path) => removal(path, present))]
  const isUnit = root === '/' && ofSystemd.length > 0
  return {
    system: ofSystemd.length > 0 ? 'systemd' : 'cron.d',
    changes,
    summary: changes.map(describe),
    before: isUnit ? [['disable', '--now', `${timerName(caller)}.timer`]] : [],
    commands: isUnit ? [['daemon-reload']] : [],
  }
}

/** Makes it so, or puts everything back as it was. */
export async function applyTimer({changes, before, commands}: TimerPlan, ports: Ports): Promise<void> {
  const systemd = await ports.systemd()
  try {
    for (const words of before) await systemd.control(words)
    for (const {path, after} of changes) await put(path, after, ports)
    for (const words of commands) await systemd.control(words)
  } catch (error) {
    for (const change of changes) await put(change.path, change.before, ports)
    throw error
  }
}

/** Returns which system calls sparkone for this project on this machine; null when none does. */
export async function installedSystem(caller: Pick<Caller, 'project' | 'environment'>, ports: Ports): Promise<TimerSystem | null> {
  const files = await ports.publicFiles()
  for (const system of timerSystems) {
    const texts = await Promise.all(timerPaths(system, caller).map((path) => files.read(path)))
    if (texts.every((text) => text !== null && isOurs(text, caller))) return system
  }
  return null
}

async function presentFiles(
  {caller, root}: {caller: Pick<Caller, 'project' | 'environment'>; root: string},
  ports: Ports,
): Promise<Map<string, string>> {
  const files = await ports.publicFiles()
  const present = new Map<string, string>()
  for (const path of timerSystems.flatMap((system) => timerPaths(system, caller, root))) {
    const text = await files.read(path)
    if (text === null) continue
    if (!isOurs(text, caller)) {
      throw new OperatorError(
        'refused',
        `${path} is there already, and was not written by sparkone for ${caller.project} (${caller.environment}).`,
        {
          hint: 'Move it away, then try again.',
        },
      )
    }
    present.set(path, text)
  }
  return present
}

function removal(path: string, present: ReadonlyMap<string, string>): FileChange[] {
  const before = present.get(path)
  return before === undefined ? [] : [{path, before, after: null}]
}

async function put(path: string, text: string | null, ports: Ports): Promise<void> {
  const files = await ports.publicFiles()
  await (text === null ? files.remove(path) : files.write(path, text))
}

function describe({path, before, after}: FileChange): string {
  if (after === null) return `remove ${path}`
  if (before === after) return `leave ${path} as it is`
  return before === null ? `write ${path}` : `replace ${path}`
}
