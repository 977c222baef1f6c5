import {currentRequest} from './request-context.ts'

export interface ProfilerSettings {
  enabled: boolean
  slowSeconds: number
  maxHistory: number
}

export interface SlowQuery {
  operation: string
  statement: string | null
  startedAt: string
  seconds: number
  failed: boolean
  requestId: string | null
}

export interface OperationProfile {
  operation: string
  count: number
  slow: number
  failed: number
  meanSeconds: number
  p95Seconds: number
  maxSeconds: number
  /** Of the whole process while the operation ran: other requests have their part in it. */
  cpuSeconds: number
  memoryBytes: number
}

export interface Profiler {
  readonly settings: ProfilerSettings
  /** Returns what `work` returns, and keeps how long it took. `statement` is SQL without values. */
  measure<T>(operation: string, statement: string | null, work: () => Promise<T>): Promise<T>
  /** Returns the slow operations still remembered, slowest first. */
  slow(atLeastSeconds?: number): SlowQuery[]
  /** Returns a profile of each operation, the one that took most time first. */
  operations(): OperationProfile[]
}

interface Sample extends SlowQuery {
  cpuSeconds: number
  memoryBytes: number
}

/** Returns a profiler that remembers the last operations of this process; one that is off costs nothing. */
export function createProfiler(settings: ProfilerSettings, told: (slow: SlowQuery) => void = () => undefined): Profiler {
  const history: Sample[] = []
  let next = 0
  function keep(sample: Sample): void {
    history[next] = sample
    next = (next + 1) % settings.maxHistory
    if (sample.seconds >= settings.slowSeconds) told(sample)
  }
  return {
    settings,
    measure: (operation, statement, work) => (settings.enabled ? measured(operation, statement, work, keep) : work()),
    slow: (atLeastSeconds = settings.slowSeconds) =>
      history
        .filter(({seconds}) => seconds >= atLeastSeconds)
        .toSorted((one, other) => other.seconds - one.seconds)
        .map(({cpuSeconds: _cpu, memoryBytes: _memory, ...query}) => query),
    operations: () =>
      [...Map.groupBy(history, ({operation}) => operation)]
        .map(([operation, samples]) => profile(operation, samples, settings.slowSeconds))
        .toSorted((one, other) => other.meanSeconds * other.count - one.meanSeconds * one.count),
  }
}

async function measured<T>(
  operation: string,
  statement: string | null,
  work: () => Promise<T>,
  keep: (sample: Sample) => void,
): Promise<T> {
  const startedAt = new Date().toISOString()
  const start = performance.now()
  const cpu = process.cpuUsage()
  const memory = process.memoryUsage.rss()
  let failed = true
  try {
    const result = await work()
    failed = false
    return result
  } finally {
    const {user, system} = process.cpuUsage(cpu)
    keep({
      operation,
      statement,
      startedAt,
      seconds: (performance.now() - start) / 1000,
      failed,
      requestId: currentRequest()?.requestId ?? null,
      cpuSeconds: (user + system) / 1_000_000,
      memoryBytes: process.memoryUsage.rss() - memory,
    })
  }
}

function profile(operation: string, samples: Sample[], slowSeconds: number): OperationProfile {
  const seconds = samples.map((sample) => sample.seconds).toSorted((one, other) => one - other)
  const sum = (of: (sample: Sample) => number) => samples.reduce((total, sample) => total + of(sample), 0)
  return {
    operation,
    count: samples.length,
    slow: seconds.filter((value) => value >= slowSeconds).length,
    failed: samples.filter(({failed}) => failed).length,
    meanSeconds: sum((sample) => sample.seconds) / samples.length,
    // Nearest rank.
    p95Seconds: seconds[Math.ceil(seconds.length * 0.95) - 1]!,
    maxSeconds: seconds.at(-1)!,
    cpuSeconds: sum((sample) => sample.cpuSeconds),
    memoryBytes: sum((sample) => sample.memoryBytes),
  }
}
