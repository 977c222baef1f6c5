import {answerBackup} from './backup-answers.ts'
import type {Context} from './context.ts'
import {perform, type PerformOptions} from './lib/change.ts'
import {parseMoment} from './lib/domain/moment.ts'
import type {PhysicalType} from './lib/domain/physical-backup.ts'
import {OperatorError} from './lib/errors.ts'
import {planAnswer, type Answer} from './lib/output/document.ts'
import {
  expiredPlace,
  physicalBackupAnswer,
  physicalListAnswer,
  physicalPruneAnswer,
  physicalRestoreAnswer,
  physicalUndoAnswer,
} from './lib/output/physical-answer.ts'
import type {CleanupReport} from './lib/output/views/cleanup.ts'
import {proofAnswer} from './lib/output/proof-answer.ts'
import type {Ports} from './lib/ports.ts'
import {backupPhysically} from './lib/procedures/physical/backup.ts'
import {drillPhysically, type PhysicalDrillInput} from './lib/procedures/physical/drill.ts'
import {expirePhysically} from './lib/procedures/physical/expire.ts'
import {listPhysical} from './lib/procedures/physical/list.ts'
import {prunePhysically} from './lib/procedures/physical/prune-old.ts'
import {restorePhysically} from './lib/procedures/physical/restore.ts'
import {undoPhysically} from './lib/procedures/physical/undo-restore.ts'
import {verifyPhysically} from './lib/procedures/physical/verify.ts'

type Seen = Pick<Context, 'ports' | 'config'>

/** Returns whether the database is backed up by an engine for whole servers. Throws `usage` for what only that engine can be asked for. */
export function isPhysical({backup}: Context['config'], asked: Readonly<Record<string, unknown>> = {}): boolean {
  if (backup.engine === 'pgbackrest') return true
  const [flag] = Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (flag === undefined) return false
  throw new OperatorError('usage', `--${flag} is for backups by pgBackRest.`, {
    hint: 'Set backup.engine to pgbackrest; docs/pitr.md says what that takes.',
  })
}

/** Returns whether a selector is not the path or the id of a dump: labels of pgBackRest have a dash where ids have a T. */
export function meansPhysical(selector: string): boolean {
  return /^(?:latest|\d{8}-\S*)$/.test(selector)
}

/** Answers `backup`. */
export async function answerPhysicalBackup(
  {ports, config}: Seen,
  {type, tag}: {type?: string | undefined; tag?: readonly string[] | undefined},
  options: PerformOptions,
): Promise<Answer> {
  if (tag !== undefined) {
    throw new OperatorError('usage', '--tag is for dumps: what is kept of its backups is decided by pgBackRest itself.', {
      hint: 'Leave it out; docs/pitr.md says where the number of backups is set.',
    })
  }
  // Before the lock and the clean-up, which ask the services: another runtime is the wrong one however they are.
  await ports.physical()
  const {fullEvery, between} = config.backup.pgbackrest
  const input = {type: (type ?? null) as PhysicalType | null, policy: {fullEveryMilliseconds: fullEvery, between}}
  return answerBackup(backupPhysically, input, {ports, config}, options, {kind: 'server', answer: physicalBackupAnswer})
}

/** Answers `verify`. */
export async function answerPhysicalVerify(
  ports: Ports,
  selector: string,
  at: string | undefined,
  options: PerformOptions,
): Promise<Answer> {
  await ports.physical()
  const {plan, result} = await perform(verifyPhysically, {selector, at: at === undefined ? null : momentOf(at, ports)}, ports, options)
  return result ? proofAnswer(result.proof) : planAnswer('verify', plan.summary)
}

/** Does a drill on what the archive has. Throws `usage` where a place is named. */
export async function performPhysicalDrill(
  ports: Ports,
  {from, ...input}: PhysicalDrillInput & {from: string | undefined},
  options: PerformOptions,
) {
  if (from !== undefined) {
    throw new OperatorError('usage', `pgBackRest has no place called ${from}: a drill recovers from its repository.`, {
      hint: 'Leave --from and drill.from out; backup.pgbackrest.repository chooses among several repositories.',
    })
  }
  await ports.physical()
  return perform(drillPhysically, input, ports, options)
}

export interface PhysicalCleanup {
  summary: readonly string[]
  place: CleanupReport['places'][number]
  freedBytes: number
}

/** Has pgBackRest expire, and returns that as a place of `backup cleanup`. */
export async function cleanUpPhysically({ports, config}: Seen, options: PerformOptions): Promise<PhysicalCleanup> {
  await ports.physical()
  const {plan, result} = await perform(expirePhysically, {floor: config.backup.retention.floor}, ports, options)
  const removed = plan.backups.filter(({label}) => result?.removed.includes(label))
  return {
    summary: plan.summary,
    place: expiredPlace(plan, result?.left ?? []),
    freedBytes: removed.reduce((sum, {storedBytes}) => sum + storedBytes, 0),
  }
}

/** Throws `incompatible` for the mark of a backup that pgBackRest keeps by its own rules. */
export function assertMarkable({backup}: Context['config'], selector: string): void {
  if (backup.engine !== 'pgbackrest' || !meansPhysical(selector)) return
  const setting = `repo${backup.pgbackrest.repository ?? 1}-retention-full`
  throw new OperatorError('incompatible', `pgBackRest knows no mark that keeps a backup: ${setting} decides how many stay.`, {
    hint: `Raise ${setting}, or recover that backup beside the live data (sparkone restore --at TIME) and dump it. Backups of files are marked by their id.`,
  })
}

export interface PhysicalRestoreFlags {
  backup?: string | undefined
  list: boolean
  undo: boolean
  at?: string | undefined
  target?: string | undefined
  tables?: string | undefined
  keep: number
  'prune-old': boolean
}

/** Answers `restore` where it is about the whole server; null where it is about a dump. Throws `usage` for a backup of pgBackRest without a time. */
export async function answerPhysicalRestore(
  ports: Ports,
  flags: PhysicalRestoreFlags,
  {columns, ...options}: PerformOptions & {columns: number},
): Promise<Answer | null> {
  const {list, undo, at} = flags
  if (flags.backup !== undefined && meansPhysical(flags.backup)) {
    throw new OperatorError('usage', `pgBackRest recovers to a time, and chooses the backup for it: ${flags.backup} is none.`, {
      hint: 'sparkone restore --at TIME, or --at latest for the end of the archive; sparkone restore --list shows the times.',
    })
  }
  if (!list && !undo && !flags['prune-old'] && at === undefined) return null
  await ports.physical()
  if (list) return physicalListAnswer({...(await listPhysical(ports)), now: ports.clock.now(), columns})
  if (flags['prune-old']) return answerPrune(ports, flags.keep, options)
  return undo ? answerUndo(ports, options) : answerRecovery(ports, flags, options)
}

async function answerPrune(ports: Ports, keep: number, options: PerformOptions): Promise<Answer> {
  const {plan, result} = await perform(prunePhysically, {keep}, ports, options)
  return result ? physicalPruneAnswer(result) : planAnswer('restore', plan.summary)
}

async function answerUndo(ports: Ports, options: PerformOptions): Promise<Answer> {
  const {plan, result} = await perform(undoPhysically, {}, ports, options)
  return result ? physicalUndoAnswer(result) : planAnswer('restore', plan.summary)
}

async function answerRecovery(ports: Ports, {at = '', target, tables}: PhysicalRestoreFlags, options: PerformOptions): Promise<Answer> {
  if (target !== undefined || tables !== undefined) {
    throw new OperatorError('usage', 'pgBackRest recovers the whole server, and not one database or table of it.', {
      hint: 'Recover beside the live data without backup.pgbackrest.stop, start a server on that folder, and dump what you need from it.',
    })
  }
  const {plan, result} = await perform(restorePhysically, {at: momentOf(at, ports)}, ports, options)
  return result ? physicalRestoreAnswer(result) : planAnswer('restore', plan.summary)
}

function momentOf(text: string, {clock}: Ports): Date | 'latest' {
  if (text === 'latest') return text
  const at = parseMoment(text, clock.now())
  if (at) return at
  throw new OperatorError('usage', `--at ${text} is no time.`, {
    hint: "Write for example 2026-11-22T09:30 (UTC), '2 hours ago', or latest for the end of the archive.",
  })
}
