import type {OperatorError} from '../../src/lib/errors.ts'
import {physicalBackup, segmentName} from './fakes/physical.ts'
import {FakePorts} from './fakes/ports.ts'

export const options = {dryRun: false, lockWaitMilliseconds: 0}

/** The backup of the last night. */
export const nightly = physicalBackup('2026-11-22T02:00:00Z')

/** Returns ports to a server that archives, with one backup and the log since. */
export function archivingPorts(): FakePorts {
  const ports = new FakePorts()
  ports.engine.backups = [nightly]
  ports.engine.segments = [2, 3, 4].map((number) => ({name: segmentName(number), archivedAt: new Date(Date.UTC(2026, 10, 22, 8, number))}))
  return ports
}

/** Returns what work fails with; null where it does not. */
export function failure(work: Promise<unknown>): Promise<OperatorError | null> {
  return work.then(
    () => null,
    (error: unknown) => error as OperatorError,
  )
}

/** Returns what was done to the server and its folders, in order. */
export function actsOf({events}: FakePorts): string[] {
  return events.filter((event) => /^(?:stop|start|recover|keep|discard|backup|\/data)/.test(event))
}
