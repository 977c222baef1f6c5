import {statfs} from 'node:fs/promises'
import {availableParallelism, cpus, loadavg, totalmem} from 'node:os'
import {z} from 'zod'

export const hostSchema = z.object({
  cpu: z.object({usedPercent: z.number(), cores: z.int(), load1: z.number()}),
  memory: z.object({usedPercent: z.number(), totalBytes: z.number(), availableBytes: z.number()}),
  disk: z.object({usedPercent: z.number(), totalBytes: z.number(), availableBytes: z.number()}).nullable(),
  process: z.object({residentBytes: z.number(), uptimeSeconds: z.number()}),
})

export type HostUse = z.infer<typeof hostSchema>

/** Reads what the machine, or the container's part of it, is used for. */
export type HostMeter = () => Promise<HostUse>

const leastSpanMilliseconds = 1_000

/** Returns a meter whose CPU share is that since about the last reading. */
export function createHostMeter(): HostMeter {
  let [before, latest] = [cpuTimes(), cpuTimes()]
  let usedPercent = 0
  return async () => {
    latest = cpuTimes()
    // Over less than a second a percentage says more about the reading itself than about the machine.
    if (latest.at - before.at >= leastSpanMilliseconds) {
      usedPercent = percent(1 - (latest.idle - before.idle) / (latest.total - before.total))
      before = latest
    }
    return {
      cpu: {usedPercent, cores: availableParallelism(), load1: loadavg()[0]!},
      memory: memoryUse(),
      disk: await diskUse(),
      process: {residentBytes: process.memoryUsage.rss(), uptimeSeconds: Math.round(process.uptime())},
    }
  }
}

function cpuTimes(): {at: number; idle: number; total: number} {
  const times = cpus().map((cpu) => cpu.times)
  const total = times.reduce((sum, time) => sum + time.user + time.nice + time.sys + time.idle + time.irq, 0)
  return {at: performance.now(), idle: times.reduce((sum, {idle}) => sum + idle, 0), total}
}

// The limit of a container where there is one; without one, Node gives a number beyond the machine's memory.
function memoryUse(): HostUse['memory'] {
  const totalBytes = Math.min(process.constrainedMemory() || Infinity, totalmem())
  const availableBytes = Math.min(process.availableMemory(), totalBytes)
  return {usedPercent: percent(1 - availableBytes / totalBytes), totalBytes, availableBytes}
}

async function diskUse(): Promise<HostUse['disk']> {
  try {
    const {bsize, blocks, bfree, bavail} = await statfs('.')
    const used = blocks - bfree
    // As df does it: the blocks kept for root are neither used nor to be had.
    return {usedPercent: percent(used / (used + bavail)), totalBytes: blocks * bsize, availableBytes: bavail * bsize}
  } catch {
    // Some file systems do not tell; the answer says so with null.
    return null
  }
}

function percent(share: number): number {
  return Math.round(Math.min(Math.max(share, 0), 1) * 1000) / 10
}
