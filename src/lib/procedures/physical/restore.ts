import type {Change} from '../../change.ts'
import {folderName, keptFolderName, recoveredFolderName, recoveringFolderName, unfinishedFolders} from '../../domain/kept-folder.ts'
import {describePoint} from '../../domain/physical-backup.ts'
import {formatBytes, formatDuration} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import type {DatabaseServer, Ports} from '../../ports.ts'
import type {DataFolder, DataFolderState, PhysicalEngine, RecoveryRequest} from '../../ports/physical.ts'
import {assertProven} from '../rehearsal.ts'
import {proveServer, type ServerProof} from './prove.ts'
import {swapFolders} from './swap.ts'
import {chooseTarget, gatherRecovery, prepareRecovery, type RecoveryFacts, type RecoveryTarget} from './target.ts'

export interface PhysicalRestoreInput {
  at: Date | 'latest'
}

interface Facts extends RecoveryFacts {
  path: string
  folder: DataFolderState
  shortId: string
}

interface Plan {
  summary: readonly string[]
  target: RecoveryTarget & {at: Date | 'latest'}
  facts: Facts
  /** Folder that is recovered into. */
  incoming: string
  /** Name that the live folder gets; null where there is none. */
  kept: string | null
  /** Name for what was recovered, where the swap is left to the operator. */
  recovered: string
}

export interface PhysicalRestoreResult {
  label: string
  /** The time that was recovered to; where that was the end of the archive, the time of its last transaction. */
  at: Date
  /** Folder of what was recovered: the live one, or one beside it. */
  folder: string
  swapped: boolean
  /** Where the data of before is, or goes by the commands below; null where there was none. */
  kept: string | null
  /** What is left for the operator to run, in this order. */
  commands: readonly string[]
  proof: ServerProof
  /** What was written in so many seconds before now is only in the kept folder. */
  recoveryPointSeconds: number
  seconds: {restore: number; compare: number; swap: number; total: number}
}

/** Room that recovery needs beside the live folder, beyond the files of the backup. */
const spaceMargin = 1.1

/** Recovers the server to a time in a folder beside the live one, proves it there, and puts it in place if it was told how to stop and start the server. */
export const restorePhysically: Change<PhysicalRestoreInput, Facts, Plan, PhysicalRestoreResult> = {
  name: 'restore --at',

  async gather(_input, ports) {
    const folder = await (await ports.physical()).dataFolder()
    return {...(await gatherRecovery(ports)), path: folder.path, folder: await folder.state(), shortId: ports.random.shortId()}
  },

  plan(facts, {at}) {
    const {path, folder, now, shortId, log} = facts
    const {backup} = chooseTarget({at, selector: 'latest'}, facts)
    assertRecoverable(facts)
    const needed = Math.round(backup.databaseBytes * spaceMargin)
    if (folder.freeBytes < needed) throw noRoom(needed, facts)
    const kept = folder.exists ? keptFolderName(path, now) : null
    const ago = at === 'latest' ? '' : ` (${formatDuration(now.getTime() - at.getTime())} ago)`
    const incoming = recoveringFolderName(path, shortId)
    return {
      target: {backup, at},
      facts,
      incoming,
      kept,
      recovered: recoveredFolderName(path, now),
      summary: [
        `recover the whole server, all its databases, ${describePoint(at)}${ago} from backup ${backup.label}, beside ${path}`,
        'read every table of every database to its end there',
        folder.canSwap
          ? `stop the server, ${kept === null ? '' : `rename ${path} to ${kept}, `}put the recovered data in place and start it`
          : 'leave it there, and say by which commands it is put in place: backup.pgbackrest.stop and start are not set',
        ...(folder.canSwap && kept !== null ? ['sparkone restore --undo swaps back'] : []),
        ...(log === null ? ['the server is down, so what it did not archive before is not recovered'] : []),
      ],
    }
  },

  question({facts: {folder, path}, target}) {
    return folder.canSwap ? `Stop the server and put what was recovered ${describePoint(target.at)} in the place of ${path}?` : null
  },

  typed({facts: {path}}) {
    return folderName(path)
  },

  async apply(plan, ports) {
    const {target, facts} = plan
    const begin = ports.clock.elapsed()
    const engine = await ports.physical()
    const folder = await engine.dataFolder()
    for (const left of unfinishedFolders(facts.path, facts.folder.siblings)) await folder.discard(left)
    const live = (await ports.runtime()).database
    const request = await prepareRecovery(target, facts, live, ports)
    const proven = await recoverBeside(engine, {...request, beside: plan.incoming}, facts.log === null ? null : live, ports)
    const provenAt = ports.clock.elapsed()
    await putInPlace(plan, folder, ports)
    const total = ports.clock.elapsed()
    const {canSwap} = facts.folder
    return {
      label: target.backup.label,
      at: proven.at,
      folder: canSwap ? facts.path : plan.recovered,
      swapped: canSwap,
      kept: plan.kept,
      commands: canSwap ? [] : commandsFor(plan),
      proof: proven.proof,
      recoveryPointSeconds: (ports.clock.now().getTime() - proven.at.getTime()) / 1000,
      seconds: {...proven.seconds, swap: (total - provenAt) / 1000, total: (total - begin) / 1000},
    }
  },
}

function assertRecoverable({path, folder, log}: Facts): void {
  if (log?.inRecovery) {
    throw new OperatorError('incompatible', 'This server is a standby; a time is recovered on the server that it follows.', {
      hint: 'Run sparkone there, and build the standby anew afterwards.',
    })
  }
  if (log && log.tablespaces > 0) {
    throw new OperatorError('incompatible', 'The server has tablespaces, whose folders sparkone does not swap.', {
      hint: 'Restore with pgBackRest itself and --tablespace-map: docs/pitr.md shows how. sparkone verify --at still proves it.',
    })
  }
  if (folder.movable) return
  throw new OperatorError('refused', `${path} is a mount point and cannot be renamed.`, {
    hint: 'Put the data into a folder below the mount point, or restore with pgBackRest itself: docs/pitr.md shows how.',
  })
}

function noRoom(needed: number, {folder, path}: Facts): OperatorError {
  return new OperatorError(
    'noSpace',
    `Recovery beside ${path} needs about ${formatBytes(needed)}; ${formatBytes(folder.freeBytes)} are free.`,
    {
      hint: 'Free some space; sparkone restore --list shows folders that earlier restores kept.',
    },
  )
}

async function recoverBeside(engine: PhysicalEngine, request: RecoveryRequest, live: DatabaseServer | null, {clock, progress}: Ports) {
  await using recovery = await progress.step(`Recover beside the live data from backup ${request.backup.label}`, (report) =>
    engine.recover(request, report),
  )
  const recovered = clock.elapsed()
  const proof = await progress.step('Read every table to its end', () => proveServer(recovery, {live, throwAway: false}))
  assertProven(proof.differences, `backup ${request.backup.label}`)
  await recovery.keep()
  const {restore, recover} = recovery.seconds
  const at = request.at instanceof Date ? request.at : (recovery.lastTransactionAt ?? request.backup.finishedAt)
  return {proof, at, seconds: {restore: restore + recover, compare: (clock.elapsed() - recovered) / 1000}}
}

async function putInPlace({facts, kept, incoming, recovered}: Plan, folder: DataFolder, ports: Ports): Promise<void> {
  if (!facts.folder.canSwap) return folder.rename([{from: incoming, to: recovered}])
  const {running} = await folder.state()
  await ports.progress.step('Put it in the place of the live data', () => swapFolders({folder, running, kept, incoming}, ports))
}

function commandsFor({facts: {path}, kept, recovered}: Plan): string[] {
  const quote = (name: string) => (/^[\w@+=:,./-]+$/.test(name) ? name : `'${name.replaceAll("'", `'\\''`)}'`)
  return [
    '# stop the server, for example: systemctl stop postgresql@15-main',
    ...(kept === null ? [] : [`mv ${quote(path)} ${quote(kept)}`]),
    `mv ${quote(recovered)} ${quote(path)}`,
    '# start the server, for example: systemctl start postgresql@15-main',
  ]
}
