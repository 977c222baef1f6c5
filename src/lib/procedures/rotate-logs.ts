import type {Change} from '../change.ts'
import {Calendar} from '../domain/calendar.ts'
import type {Finding} from '../domain/finding.ts'
import {judgeLogBounds} from '../domain/log-bounds.ts'
import {planAging, planRotation, type LogRotation, type LogStep} from '../domain/log-rotation.ts'
import {judgeLog, type LogFacts, type LogRule} from '../domain/log-rule.ts'
import {judgeWriters, type LogWriters} from '../domain/log-writers.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {LogFiles} from '../ports/logs.ts'
import {lookAtDocker} from './rotate-logs/docker.ts'
import {releaseLogs} from './rotate-logs/release.ts'
import {
  planSnapshots,
  readSnapshots,
  takeSnapshots,
  type SnapshotFacts,
  type SnapshotInput,
  type SnapshotPlan,
  type TakenSnapshot,
} from './rotate-logs/snapshots.ts'

export interface RotateLogsInput {
  rules: readonly LogRule[]
  timeZone: string
  snapshots: SnapshotInput
}

export interface RotateLogsFacts {
  now: number
  folder: string
  logs: readonly {log: LogFacts; rule: LogRule}[]
  writers: LogWriters
  snapshots: SnapshotFacts
  findings: readonly Finding[]
}

/** One log that is rotated, or of which rotated ones are removed. */
export interface PlannedLog {
  path: string
  rule: LogRule
  /** Why it is rotated. */
  reason: string | null
  /** Null: only what is too old goes. */
  rotation: LogRotation | null
  steps: readonly LogStep[]
}

export interface RotateLogsPlan {
  summary: readonly string[]
  now: number
  rotations: readonly PlannedLog[]
  /** Seen for the first time, which is noted and no more. */
  firstSeen: readonly string[]
  /** Logs that are not due. */
  idle: number
  snapshots: SnapshotPlan
  findings: readonly Finding[]
}

export interface RotateLogsResult {
  rotated: readonly {path: string; to: string; reason: string}[]
  removed: readonly string[]
  snapshots: readonly TakenSnapshot[]
  findings: readonly Finding[]
}

/** Rotates log files by logrotate's rules, keeps the last lines of each service, and looks whether Docker bounds its own logs. */
export const rotateLogs: Change<RotateLogsInput, RotateLogsFacts, RotateLogsPlan, RotateLogsResult> = {
  name: 'rotate-logs',
  touches: 'backups',

  async gather({rules, timeZone, snapshots}, ports) {
    const files = await ports.logFiles()
    const now = ports.clock.now().getTime()
    const docker = await lookAtDocker(await ports.serviceLogs())
    const found = await findAll(rules, files, docker.paths)
    const copied = found.logs.filter(({log, rule}) => rule.copyTruncate && judgeLog(log, rule, now, new Calendar(timeZone)).due)
    return {
      now,
      folder: files.folder,
      logs: found.logs,
      writers: await files.writers(copied.map(({log}) => log.path)),
      snapshots: await readSnapshots(snapshots, files, docker),
      findings: [...found.findings, ...docker.findings, ...judgeLogBounds(docker.containers)],
    }
  },

  plan(facts, {timeZone, snapshots}) {
    const {now, logs, findings} = facts
    const moment = {now, calendar: new Calendar(timeZone)}
    const planned = logs.map(({log, rule}) => planLog(log, rule, moment, facts.writers))
    const rotations = planned.flatMap(({rotation}) => rotation ?? [])
    const firstSeen = logs.filter(({log: {lastAt}}) => lastAt === null).map(({log}) => log.path)
    const snapshotPlan = planSnapshots(facts.snapshots, snapshots, {...moment, folder: facts.folder})
    return {
      summary: summarize(rotations, firstSeen, snapshotPlan),
      now,
      rotations,
      firstSeen,
      idle: logs.length - rotations.filter(({rotation}) => rotation !== null).length,
      snapshots: snapshotPlan,
      findings: [...findings, ...planned.flatMap(({finding}) => finding ?? [])],
    }
  },

  async apply(plan, ports) {
    const files = await ports.logFiles()
    const memory = await files.memory()
    // What is rotated is noted as it is turned.
    const turned = new Set(plan.rotations.flatMap(({path, rotation}) => (rotation === null ? [] : path)))
    for (const path of plan.firstSeen) if (!turned.has(path)) await memory.note(path, plan.now)
    const {done, findings} = await turnAll(plan, files, ports)
    const held = await releaseLogs(done, files, ports)
    await memory.compact(plan.now)
    const snapshots = await takeSnapshots(plan.snapshots, ports)
    const all = [...plan.findings, ...findings, ...held, ...snapshots.findings]
    const removed = done.flatMap(({path, steps}) => removalsOf(path, steps))
    return {rotated: done.flatMap(describe), removed: [...removed, ...snapshots.removed], snapshots: snapshots.taken, findings: all}
  },
}

/** Each log goes by the first rule that means it. */
async function findAll(rules: readonly LogRule[], files: LogFiles, docker: Parameters<LogFiles['find']>[1]) {
  const logs = new Map<string, {log: LogFacts; rule: LogRule}>()
  const findings: Finding[] = []
  for (const rule of rules) {
    const found = await files.find(rule, docker)
    for (const log of found.logs) if (!logs.has(log.path)) logs.set(log.path, {log, rule})
    for (const {path, reason} of found.refused) findings.push({subject: path, status: 'warning', message: `left alone: ${reason}`})
    if (found.logs.length + found.refused.length === 0 && !rule.missingOk) findings.push(missing(rule, files.folder))
  }
  return {logs: [...logs.values()], findings}
}

function missing({pattern}: LogRule, folder: string): Finding {
  const where = pattern.startsWith('/') ? '' : ` in ${folder}`
  return {subject: pattern, status: 'warning', message: `no log fits this pattern${where}`, hint: 'If that is fine, set missingok: true.'}
}

function planLog(
  log: LogFacts,
  rule: LogRule,
  moment: {now: number; calendar: Calendar},
  writers: LogWriters,
): {rotation: PlannedLog | null; finding: Finding | null} {
  const {due, reason} = judgeLog(log, rule, moment.now, moment.calendar)
  const aged = planAging(log, rule, moment.now)
  const aging = aged.length === 0 ? null : {path: log.path, rule, reason: null, rotation: null, steps: aged}
  if (!due) return {rotation: aging, finding: null}
  const way = rule.copyTruncate ? judgeWriters(log.path, rule, writers) : {rule, obstacle: null}
  if (way.obstacle !== null) return {rotation: aging, finding: way.obstacle}
  const planned = planRotation(log, way.rule, moment)
  if ('obstacle' in planned) {
    const finding: Finding = {subject: log.path, status: 'warning', message: `not rotated: ${planned.obstacle}`}
    return {rotation: {path: log.path, rule, reason: null, rotation: null, steps: planned.before}, finding}
  }
  const steps = [...planned.before, ...planned.after]
  return {rotation: {path: log.path, rule: way.rule, reason, rotation: planned, steps}, finding: null}
}

function summarize(rotations: readonly PlannedLog[], firstSeen: readonly string[], {take, remove}: SnapshotPlan): string[] {
  const lines = [
    ...rotations.flatMap(({path, reason, rotation, steps}) => [
      ...(rotation === null ? [] : [`rotate ${path} to ${rotation.to}: ${reason}`]),
      ...removalsOf(path, steps).map((name) => `remove ${name}`),
    ]),
    ...firstSeen.map((path) => `note that ${path} was seen`),
    ...take.map(({service, path}) => `write the last lines of ${service} to ${path}`),
    ...remove.map((path) => `remove ${path}`),
  ]
  return lines.length === 0 ? ['leave all logs as they are: none is due'] : lines
}

function removalsOf(path: string, steps: readonly LogStep[]): string[] {
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return steps.flatMap((step) => (step.kind === 'remove' ? [folder + step.name] : []))
}

/** What one log fails with is noted, and stops none of the others; when all fail, the first failure is thrown. */
async function turnAll(
  {rotations, now}: RotateLogsPlan,
  files: LogFiles,
  ports: Ports,
): Promise<{done: PlannedLog[]; findings: Finding[]}> {
  if (rotations.length === 0) return {done: [], findings: []}
  const memory = await files.memory()
  const done: PlannedLog[] = []
  const failures: {path: string; error: OperatorError}[] = []
  await ports.progress.step('Rotate logs', async (report) => {
    for (const planned of rotations) {
      ports.signal.throwIfAborted()
      report(planned.path)
      try {
        await turn(planned, files, () => memory.note(planned.path, now))
        done.push(planned)
      } catch (error) {
        if (ports.signal.aborted || !(error instanceof OperatorError)) throw error
        failures.push({path: planned.path, error})
      }
    }
  })
  if (done.length === 0 && failures[0]) throw failures[0].error
  return {done, findings: failures.map(({path, error}) => failureOf(path, error))}
}

async function turn({path, rule, rotation, steps}: PlannedLog, files: LogFiles, note: () => Promise<void>): Promise<void> {
  if (rotation === null) return files.apply(path, steps)
  await note()
  await files.apply(path, rotation.before)
  await files.turn(rotation, rule)
  // What is compressed waits until nobody writes to it any more.
  await files.apply(
    path,
    rotation.after.filter(({kind}) => kind !== 'compress'),
  )
}

function failureOf(path: string, {message, hint}: OperatorError): Finding {
  return {subject: path, status: 'warning', message: `not rotated: ${message}`, ...(hint === undefined ? {} : {hint})}
}

function describe({path, rotation, reason}: PlannedLog) {
  return rotation === null ? [] : [{path, to: path.slice(0, path.lastIndexOf('/') + 1) + rotation.to, reason: reason ?? ''}]
}
