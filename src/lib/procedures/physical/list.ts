import {recoveryWindows, type PhysicalBackup, type RecoveryWindow} from '../../domain/physical-backup.ts'
import {keptFolders, type KeptFolder} from '../../domain/kept-folder.ts'
import type {Ports} from '../../ports.ts'
import {knownLineage, newestLineage, readLogIfUp, segmentBytesOf} from './server.ts'

export interface PhysicalList {
  engine: string
  /** Newest first. */
  backups: readonly PhysicalBackup[]
  /** Times that can be recovered to, oldest first. */
  windows: readonly RecoveryWindow[]
  /** Data folders that restores put aside, newest first. */
  kept: readonly KeptFolder[]
}

/** Returns all backups of the engine and the times that can be recovered to; with the server down, too. */
export async function listPhysical(ports: Ports): Promise<PhysicalList> {
  const engine = await ports.physical()
  const [inventory, log, folder] = await Promise.all([engine.inventory(), readLogIfUp(await ports.runtime()), engine.dataFolder()])
  const {siblings} = await folder.state()
  return {
    engine: await engine.describe(),
    backups: inventory.backups.toReversed(),
    windows: recoveryWindows(inventory, (await knownLineage(log, ports)) ?? newestLineage(inventory), segmentBytesOf(log)),
    kept: keptFolders(folder.path, siblings),
  }
}
