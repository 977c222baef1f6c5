import type {Calendar} from '../../domain/calendar.ts'
import type {Finding} from '../../domain/finding.ts'
import {logDateFormat} from '../../domain/log-date.ts'
import {escapeControls} from '../../domain/log-line.ts'
import {redact} from '../../domain/job-message.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {LogEntry, LogFiles} from '../../ports/logs.ts'
import type {DockerLook} from './docker.ts'

export interface SnapshotInput {
  enabled: boolean
  lines: number
  days: number
  /** Never written into a file. */
  secrets: readonly string[]
}

export interface SnapshotFacts {
  services: readonly string[]
  /** Names of the files in the folder of the snapshots. */
  present: readonly string[]
}

export interface SnapshotPlan {
  lines: number
  secrets: readonly string[]
  take: readonly {service: string; path: string}[]
  remove: readonly string[]
}

export interface TakenSnapshot {
  service: string
  path: string
  lines: number
  bytes: number
}

const dateFormat = logDateFormat('-%Y%m%d')!
const dayMilliseconds = 86_400_000

/** Returns which services there are, and which snapshots. */
export async function readSnapshots({enabled}: SnapshotInput, files: LogFiles, {services}: DockerLook): Promise<SnapshotFacts> {
  return enabled ? {services, present: await files.snapshots()} : {services: [], present: []}
}

/** Plans one snapshot a day of each service, and the removal of those that are too old. */
export function planSnapshots(
  {services, present}: SnapshotFacts,
  {lines, days, secrets}: SnapshotInput,
  {now, calendar, folder}: {now: number; calendar: Calendar; folder: string},
): SnapshotPlan {
  const shown = calendar.shownAt(now)
  const take = services.map((service) => ({service, name: `${service}${dateFormat.write(shown, now)}.log`}))
  const limit = (Math.floor(shown / dayMilliseconds) - days) * dayMilliseconds
  const old = present.filter((name) => (dateFormat.read(/-\d{8}(?=\.log$)/.exec(name)?.[0] ?? '') ?? Infinity) < limit)
  return {
    lines,
    secrets,
    take: take.filter(({name}) => !present.includes(name)).map(({service, name}) => ({service, path: `${folder}/snapshots/${name}`})),
    remove: old.map((name) => `${folder}/snapshots/${name}`),
  }
}

/** Writes the snapshots; a service of which none can be had is a finding, and the others are written. */
export async function takeSnapshots(
  {take, remove, lines, secrets}: SnapshotPlan,
  ports: Ports,
): Promise<{taken: TakenSnapshot[]; removed: readonly string[]; findings: Finding[]}> {
  const files = await ports.logFiles()
  const logs = await ports.serviceLogs()
  const taken: TakenSnapshot[] = []
  const findings: Finding[] = []
  for (const {service, path} of take) {
    try {
      const counter = {lines: 0}
      const entries = logs.read(service, {lines, since: null, follow: false})
      const bytes = await ports.progress.step(`Keep the last lines of ${service}`, () =>
        files.write(path, textOf(entries, secrets, counter)),
      )
      taken.push({service, path, lines: counter.lines, bytes})
    } catch (error) {
      if (ports.signal.aborted || !(error instanceof OperatorError)) throw error
      findings.push({subject: service, status: 'warning', message: `no snapshot of its logs: ${error.message}`})
    }
  }
  for (const path of remove) await files.apply(path, [{kind: 'remove', name: path.slice(path.lastIndexOf('/') + 1), reason: 'old'}])
  return {taken, removed: remove, findings}
}

async function* textOf(entries: AsyncIterable<LogEntry>, secrets: readonly string[], counter: {lines: number}): AsyncGenerator<string> {
  for await (const {at, text} of entries) {
    counter.lines += 1
    const stamp = at === null ? '' : `${new Date(at).toISOString()} `
    yield stamp + redact(escapeControls(text), secrets)
  }
}
