import type {Finding} from '../../domain/finding.ts'
import type {Observed} from '../../domain/health.ts'
import type {Ports} from '../../ports.ts'
import {judgeArchiving, readArchiver, type ArchiverState} from '../health/physical.ts'

export interface ArchivingProof {
  engine: string
  /** After a segment was written and seen in the archive. */
  archiver: ArchiverState
}

/** Has a segment of the log written and waits until it is in the archive: nothing less shows that archiving works. Throws when it does not. */
export async function tryArchiving(ports: Ports, signal: AbortSignal): Promise<ArchivingProof> {
  const engine = await ports.physical()
  // First, since its words say what to set where nothing is archived at all.
  await readArchiver(ports, signal)
  await engine.check()
  return {engine: await engine.describe(), archiver: await readArchiver(ports, signal)}
}

/** Returns the findings about the engine and the archive. */
export function judgeArchivingProof(archiving: Observed<ArchivingProof>): Finding[] {
  if (!archiving.seen) {
    const {message, hint, reason} = archiving
    const status = reason === 'timeout' ? 'unknown' : 'critical'
    return [{subject: 'archive', status, message, hint: hint ?? 'docs/pitr.md says what it takes.'}]
  }
  const {engine, archiver} = archiving.value
  return [
    {subject: 'engine', status: 'ok', message: `${engine}, archived a segment just now`},
    judgeArchiving({...archiving, value: archiver}),
  ]
}
