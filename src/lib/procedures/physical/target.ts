import {
  assertNoGap,
  backupBefore,
  inPast,
  newestUsable,
  selectPhysical,
  type PhysicalBackup,
  type PhysicalInventory,
  type RecoveryPoint,
} from '../../domain/physical-backup.ts'
import type {Lineage} from '../../domain/lineage.ts'
import {OperatorError} from '../../errors.ts'
import type {DatabaseServer, Ports} from '../../ports.ts'
import type {RecoveryRequest} from '../../ports/physical.ts'
import {archiveUntilNow, knownLineage, newestLineage, readLogIfUp, segmentBytesOf, type LogFacts} from './server.ts'

/** What is known before a recovery is planned. */
export interface RecoveryFacts {
  inventory: PhysicalInventory
  /** Of the live server; null where it is down. */
  log: LogFacts | null
  lineage: Lineage
  /** Null: the newest of the archive, since nothing tells which was that of the server. */
  timeline: number | null
  now: Date
}

export interface RecoveryTarget {
  backup: PhysicalBackup
  at: RecoveryPoint
}

export async function gatherRecovery(ports: Ports): Promise<RecoveryFacts> {
  const engine = await ports.physical()
  const inventory = await engine.inventory()
  const log = await readLogIfUp(await ports.runtime())
  const lineage = await knownLineage(log, ports)
  return {inventory, log, lineage: lineage ?? newestLineage(inventory), timeline: lineage?.timeline ?? null, now: ports.clock.now()}
}

/** Returns what to recover from, for a time or a selector. Throws `usage` for a time to come, `notFound`. */
export function chooseTarget(
  {at, selector}: {at: RecoveryPoint; selector: string},
  {inventory, lineage, now}: RecoveryFacts,
): RecoveryTarget {
  if (at === null)
    return {backup: selectPhysical(selector, selector === 'latest' ? inPast(inventory.backups, lineage) : inventory.backups), at}
  if (at === 'latest') return {backup: newestUsable(inventory, lineage), at}
  if (at.getTime() > now.getTime()) {
    throw new OperatorError('usage', `${at.toISOString()} has not come yet.`, {
      hint: 'Times without a zone are UTC: add one, such as +02:00.',
    })
  }
  return {backup: backupBefore(at, inventory, lineage), at}
}

/**
 * Has the live server archive what the recovery needs, where it is up and may be asked, and returns what to ask of the engine. Throws `notFound`, naming
 * the segment, when the archive has a gap.
 */
export async function prepareRecovery(
  {backup, at}: RecoveryTarget,
  {log, lineage, timeline}: RecoveryFacts,
  live: DatabaseServer | null,
  ports: Ports,
): Promise<Omit<RecoveryRequest, 'beside'>> {
  const engine = await ports.physical()
  if (at !== null && live && log && !log.inRecovery) {
    await ports.progress.step('Archive the newest log', () => archiveUntilNow(live, ports))
  }
  assertNoGap(backup, at, await engine.inventory(), lineage, segmentBytesOf(log))
  return {
    backup,
    at,
    timeline,
    original: {sharedPreloadLibraries: log?.sharedPreloadLibraries ?? '', superuser: log?.superuser ?? 'postgres'},
  }
}
