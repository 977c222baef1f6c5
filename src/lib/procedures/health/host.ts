import {type Finding, type Measurement, type Status, worst} from '../../domain/finding.ts'
import {type HealthInput, limitsOf, type Observed, statusOf, type Threshold} from '../../domain/health.ts'
import {formatBytes, formatPercent} from '../../domain/quantity.ts'
import type {FileSystem, MachineResources, Ports} from '../../ports.ts'
import {observe} from './observe.ts'

export interface HostFacts {
  resources: Observed<MachineResources>
  fileSystems: Observed<FileSystem[]>
}

/** Measures CPU, memory and the file systems of the machine that sparkone runs on. */
export async function gatherHost({timeoutMilliseconds, folders}: HealthInput, ports: Ports): Promise<HostFacts> {
  const [resources, fileSystems] = await Promise.all([
    observe(ports, timeoutMilliseconds, async () => (await ports.machine()).resources()),
    observe(ports, timeoutMilliseconds, async () => (await ports.machine()).fileSystems(folders)),
  ])
  return {resources, fileSystems}
}

/** Returns findings for CPU, memory and each file system. */
export function judgeHost({resources, fileSystems}: HostFacts, {thresholds}: HealthInput): Finding[] {
  return [
    ...(resources.seen
      ? [judgeCpu(resources.value, thresholds.cpu), judgeMemory(resources.value, thresholds.memory)]
      : [notMeasured('host', resources.message, 'cat /proc/loadavg /proc/meminfo')]),
    ...(fileSystems.seen
      ? fileSystems.value.map((fileSystem) => judgeFileSystem(fileSystem, thresholds))
      : [notMeasured('disk', fileSystems.message, 'df -h')]),
  ]
}

function notMeasured(subject: string, message: string, hint: string): Finding {
  return {subject, status: 'unknown', message: `not measured: ${message}`, hint}
}

/** A sample is short and sees this very run at work, so it counts only as far as the load of the last minute bears it out. */
function judgeCpu({cpuPercent, cores, load}: MachineResources, threshold: Threshold): Finding {
  if (cpuPercent === null) return notMeasured('host cpu', 'the system does not count processor time', 'cat /proc/stat')
  const status = bornOut(statusOf(cpuPercent, threshold), load === null ? null : load / cores)
  const loadText = load === null ? '' : `, load ${load.toFixed(1)} on ${cores} ${cores === 1 ? 'core' : 'cores'}`
  const measurements: Measurement[] = [
    {label: 'used', value: cpuPercent, unit: '%', ...limitsOf(threshold)},
    ...(load === null ? [] : [{label: 'load', value: load, minimum: 0}]),
  ]
  const message = `${formatPercent(cpuPercent)} busy${loadText}`
  return {subject: 'host cpu', status, message, measurements, ...(status === 'ok' ? {} : {hint: 'ps aux --sort=-%cpu | head'})}
}

/** Critical takes twice as much work as there are cores, when everything waits as long as it runs; a warning takes one core's worth each. */
function bornOut(status: Status, loadPerCore: number | null): Status {
  if (loadPerCore === null || loadPerCore >= 2) return status
  if (loadPerCore < 0.9) return 'ok'
  return status === 'critical' ? 'warning' : status
}

function judgeMemory({memoryTotalBytes, memoryAvailableBytes}: MachineResources, threshold: Threshold): Finding {
  const percent = (1 - memoryAvailableBytes / memoryTotalBytes) * 100
  const status = statusOf(percent, threshold)
  const measurements: Measurement[] = [
    {label: 'used', value: percent, unit: '%', ...limitsOf(threshold)},
    {label: 'available', value: memoryAvailableBytes, unit: 'B', minimum: 0, maximum: memoryTotalBytes},
  ]
  const message = `${formatPercent(percent)} used, ${formatBytes(memoryAvailableBytes)} of ${formatBytes(memoryTotalBytes)} available`
  return {subject: 'host memory', status, message, measurements, ...(status === 'ok' ? {} : {hint: 'ps aux --sort=-rss | head'})}
}

function judgeFileSystem(
  {path, totalBytes, freeBytes, totalInodes, freeInodes}: FileSystem,
  {disk, inodes}: HealthInput['thresholds'],
): Finding {
  const subject = `disk ${path}`
  if (totalBytes === 0) return notMeasured(subject, 'the file system does not tell its size', `df -h '${path}'`)
  const used = (1 - freeBytes / totalBytes) * 100
  const measurements: Measurement[] = [
    {label: 'used', value: used, unit: '%', ...limitsOf(disk)},
    {label: 'free', value: freeBytes, unit: 'B', minimum: 0, maximum: totalBytes},
  ]
  const space = `${formatPercent(used)} used, ${formatBytes(freeBytes)} free`
  if (totalInodes === 0) return withHint({subject, status: statusOf(used, disk), message: space, measurements}, path)
  const usedInodes = (1 - freeInodes / totalInodes) * 100
  const status = worst(
    [used, usedInodes].map((value, index) => ({subject, message: '', status: statusOf(value, index === 0 ? disk : inodes)})),
  )
  const message = `${space}, inodes ${formatPercent(usedInodes)} used`
  return withHint(
    {subject, status, message, measurements: [...measurements, {label: 'inodes used', value: usedInodes, unit: '%', ...limitsOf(inodes)}]},
    path,
  )
}

function withHint(finding: Finding, path: string): Finding {
  return finding.status === 'ok'
    ? finding
    : {...finding, hint: `du -xh --max-depth=2 '${path}' | sort -h | tail   (du --inodes counts files)`}
}
