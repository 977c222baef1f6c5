import type {Change} from '../../change.ts'
import {chooseType, type PhysicalBackup, type PhysicalInventory, type PhysicalType, type TypePolicy} from '../../domain/physical-backup.ts'
import {formatBytes} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import {assertArchiving, readLog, type LogFacts} from './server.ts'

export interface PhysicalBackupInput {
  /** Null: by the policy. */
  type: PhysicalType | null
  policy: TypePolicy
}

interface Facts {
  engine: string
  inventory: PhysicalInventory
  log: LogFacts
  now: Date
}

interface Plan {
  summary: readonly string[]
  type: PhysicalType
  known: readonly string[]
}

export interface PhysicalBackupResult {
  backup: PhysicalBackup
  /** What it was asked to be: without a full backup, the engine makes one whatever was asked. */
  asked: PhysicalType
  seconds: number
}

/** Has pgBackRest back up the server, and finds the backup in its list, without an error, before it says so. */
export const backupPhysically: Change<PhysicalBackupInput, Facts, Plan, PhysicalBackupResult> = {
  name: 'backup',

  async gather(_input, ports) {
    const engine = await ports.physical()
    const log = await readLog((await ports.runtime()).database)
    return {engine: await engine.describe(), inventory: await engine.inventory(), log, now: ports.clock.now()}
  },

  plan({engine, inventory, log, now}, {type: asked, policy}) {
    assertArchiving(log)
    const chosen = chooseType(inventory.backups, now, policy)
    const type = asked ?? chosen.type
    const newest = inventory.backups.at(-1)
    return {
      type,
      known: inventory.backups.map(({label}) => label),
      summary: [
        `make a backup of type ${type} with ${engine}${asked === null ? ` (${chosen.reason})` : ''}`,
        ...(newest
          ? [`the newest, ${newest.label}, holds ${formatBytes(newest.databaseBytes)} and took ${formatBytes(newest.storedBytes)}`]
          : []),
        'find it in the list of pgBackRest, without an error',
      ],
    }
  },

  async apply({type, known}, ports) {
    const engine = await ports.physical()
    const begin = ports.clock.elapsed()
    await ports.progress.step(`Back up the server (${type})`, (report) => engine.backup(type, report))
    const {backups} = await engine.inventory()
    const backup = backups.findLast(({label}) => !known.includes(label))
    if (!backup) {
      throw new OperatorError('corrupt', 'pgBackRest ended well, but lists no new backup.', {hint: 'pgbackrest info shows what it lists.'})
    }
    if (backup.damaged) throw damagedError(backup)
    return {backup, asked: type, seconds: (ports.clock.elapsed() - begin) / 1000}
  },
}

function damagedError({label}: PhysicalBackup): OperatorError {
  return new OperatorError('corrupt', `Backup ${label} was made, but pages of the database have wrong checksums: its files are damaged.`, {
    hint: `pgbackrest info --set=${label} names them. Look at the disk of the server, and keep an older backup.`,
  })
}
