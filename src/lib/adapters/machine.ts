import {readFile, stat, statfs} from 'node:fs/promises'
import {availableParallelism, cpus, freemem, getPriority, loadavg, platform, setPriority, totalmem} from 'node:os'
import {dirname, resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import type {FileSystem, Machine, MachineResources} from '../ports.ts'

/** Processor time since boot, in whatever unit the system counts. */
interface ProcessorTimes {
  busy: number
  total: number
}

/** Long enough for 25 ticks of the kernel's clock, short enough for nobody to wait for it. */
const sampleMilliseconds = 250

/** Creates the reader of this machine: `/proc` and statfs on Linux, what Node knows elsewhere. */
export function createMachine(): Machine {
  return {resources, fileSystems, stepBack}
}

function stepBack(nice: number): void {
  try {
    // Somebody may have started us with less already.
    if (nice > getPriority()) setPriority(nice)
  } catch {
    // A system that does not allow it: the work itself matters more than how politely it is done.
  }
}

async function resources(): Promise<MachineResources> {
  const [cpuPercent, memory] = await Promise.all([sampleProcessors(), readMemory()])
  return {cpuPercent, cores: availableParallelism(), load: platform() === 'win32' ? null : loadavg()[0]!, ...memory}
}

async function sampleProcessors(): Promise<number | null> {
  const before = await readProcessors()
  await sleep(sampleMilliseconds)
  const after = await readProcessors()
  const total = after.total - before.total
  return total <= 0 ? null : Math.min(100, Math.max(0, ((after.busy - before.busy) / total) * 100))
}

async function readProcessors(): Promise<ProcessorTimes> {
  const text = await readProc('/proc/stat')
  if (text === null) return processorsByNode()
  // user, nice, system, idle, iowait, irq, softirq, steal; guests come after them and are part of user already.
  const times = /^cpu +(.*)$/m.exec(text)?.[1]?.split(' ').slice(0, 8).map(Number) ?? []
  const total = times.reduce((sum, time) => sum + time, 0)
  // Time that the hypervisor stole is not idle: the machine had work and could not do it.
  return {busy: total - (times[3] ?? 0) - (times[4] ?? 0), total}
}

function processorsByNode(): ProcessorTimes {
  const times = cpus().map(({times: {user, nice, sys, irq, idle}}) => ({
    busy: user + nice + sys + irq,
    total: user + nice + sys + irq + idle,
  }))
  return {busy: times.reduce((sum, {busy}) => sum + busy, 0), total: times.reduce((sum, {total}) => sum + total, 0)}
}

async function readMemory(): Promise<{memoryTotalBytes: number; memoryAvailableBytes: number}> {
  const text = await readProc('/proc/meminfo')
  const total = text === null ? null : kibibytes(text, 'MemTotal')
  const available = text === null ? null : kibibytes(text, 'MemAvailable')
  return total === null || available === null
    ? {memoryTotalBytes: totalmem(), memoryAvailableBytes: freemem()}
    : {memoryTotalBytes: total, memoryAvailableBytes: available}
}

function kibibytes(text: string, key: string): number | null {
  const match = new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)
  return match ? Number(match[1]) * 1024 : null
}

/** The file, or null on systems that have no /proc. */
async function readProc(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch {
    // Not Linux, or a sandbox that hides /proc: Node's own figures serve instead.
    return null
  }
}

async function fileSystems(paths: readonly string[]): Promise<FileSystem[]> {
  const mounts = await Promise.all(paths.map(async (path) => mountOf(await nearestExisting(resolve(path)))))
  const firstOfEach = mounts.filter((mount, index) => mounts.findIndex(({device}) => device === mount.device) === index)
  return Promise.all(firstOfEach.map(({path}) => readFileSystem(path)))
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path)
    return path
  } catch (error) {
    // A folder that will be made later will lie on the file system of its parent.
    if (dirname(path) === path) throw error
    return nearestExisting(dirname(path))
  }
}

/** The highest folder of the same device: the place where the file system is mounted. */
async function mountOf(path: string): Promise<{path: string; device: number}> {
  const {dev: device} = await stat(path)
  const parent = dirname(path)
  if (parent === path || (await stat(parent)).dev !== device) return {path, device}
  return mountOf(parent)
}

async function readFileSystem(path: string): Promise<FileSystem> {
  const {bsize, blocks, bfree, bavail, files, ffree} = await statfs(path)
  // Blocks kept for root are no use to anybody else, so they count neither as free nor as part of the whole, as in df.
  const totalBytes = (blocks - bfree + bavail) * bsize
  return {path, totalBytes, freeBytes: bavail * bsize, totalInodes: files, freeInodes: ffree}
}
