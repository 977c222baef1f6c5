import {statfs} from 'node:fs/promises'
import {totalmem} from 'node:os'
import process from 'node:process'

/** Returns the memory, and the shared memory, that a server on this machine can have; a container may have less of both than the machine. */
export async function localMemory(): Promise<{memoryBytes: number; sharedBytes: number}> {
  const limit = process.constrainedMemory() || Infinity
  // Without such a folder the server takes its shared memory from elsewhere; nothing is counted on then.
  const shared = await statfs('/dev/shm').catch(() => null)
  return {memoryBytes: Math.min(totalmem(), limit), sharedBytes: shared ? shared.bavail * shared.bsize : 0}
}
