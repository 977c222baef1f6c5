import type {Finding, Measurement} from '../../domain/finding.ts'
import {type HealthInput, limitsOf, type Observed, statusOf, type Unseen} from '../../domain/health.ts'
import {formatBytes, formatDuration, formatPercent} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports, Runtime} from '../../ports.ts'
import {showLogs, startService} from './hints.ts'
import {observe} from './observe.ts'

export interface RedisReading {
  pong: string
  /** Null where the server does not tell. */
  usedBytes: number | null
  /** 0: no limit is set. */
  limitBytes: number
}

/** Sends PING and asks for the use of memory. */
export function gatherRedis({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<Observed<RedisReading>> {
  return observe(ports, timeoutMilliseconds, async (signal) => {
    const runtime = await ports.runtime()
    const [pong, memory] = await Promise.all([runtime.redis(['PING'], signal), memoryInfo(runtime, signal)])
    return {pong: pong.trim(), usedBytes: numberIn(memory, 'used_memory'), limitBytes: numberIn(memory, 'maxmemory') ?? 0}
  })
}

/** Returns the finding about Redis, or none where no Redis is configured nor expected. */
export function judgeRedis(observed: Observed<RedisReading>, input: HealthInput): Finding[] {
  if (!observed.seen) return judgeUnseen(observed, input)
  const {pong, usedBytes, limitBytes} = observed.value
  const time: Measurement = {label: 'time', value: observed.milliseconds / 1000, unit: 's', minimum: 0}
  if (pong !== 'PONG') {
    const hint = showLogs(input.services.redis, 'redis-cli ping')
    return [{subject: 'redis', status: 'critical', message: `answers PING with "${pong.slice(0, 60)}"`, hint, measurements: [time]}]
  }
  const answers = `answers in ${formatDuration(observed.milliseconds)}`
  if (usedBytes === null) return [{subject: 'redis', status: 'ok', message: answers, measurements: [time]}]
  const used: Measurement = {label: 'memory', value: usedBytes, unit: 'B', minimum: 0}
  if (limitBytes === 0)
    return [{subject: 'redis', status: 'ok', message: `${answers}, ${formatBytes(usedBytes)} in use`, measurements: [time, used]}]
  return [judgeLimited(answers, usedBytes, limitBytes, [time, used], input)]
}

/** A server that hides INFO from this user still proves itself by its PONG, so the memory is simply not known. */
async function memoryInfo(runtime: Runtime, signal: AbortSignal): Promise<string> {
  try {
    return await runtime.redis(['INFO', 'memory'], signal)
  } catch (error) {
    if (error instanceof OperatorError) return ''
    throw error
  }
}

function numberIn(info: string, key: string): number | null {
  const match = new RegExp(`^${key}:(\\d+)`, 'm').exec(info)
  return match ? Number(match[1]) : null
}

function judgeLimited(answers: string, usedBytes: number, limitBytes: number, measured: Measurement[], input: HealthInput): Finding {
  const percent = (usedBytes / limitBytes) * 100
  // A full cache evicts, which is its job; whether keys are lost depends on its policy, so it warns and goes no further.
  const status = statusOf(percent, input.thresholds.memory) === 'ok' ? 'ok' : 'warning'
  const message = `${answers}, ${formatBytes(usedBytes)} of ${formatBytes(limitBytes)} (${formatPercent(percent)}) in use`
  const measurements: Measurement[] = [...measured, {label: 'memory used', value: percent, unit: '%', ...limitsOf(input.thresholds.memory)}]
  return {subject: 'redis', status, message, measurements, ...(status === 'ok' ? {} : {hint: 'redis-cli info memory'})}
}

function judgeUnseen({reason, message, hint}: Unseen, {redisExpected, services}: HealthInput): Finding[] {
  const subject = 'redis'
  if (reason === 'notFound') {
    if (!redisExpected) return []
    // Compose names the service, so what was not found is its container.
    if (services.redis !== null) return [{subject, status: 'critical', message, hint: startService(services.redis)}]
    return [{subject, status: 'unknown', message: `not configured: ${message}`, hint: hint ?? 'sparkone config'}]
  }
  if (reason === 'denied')
    return [{subject, status: 'unknown', message, hint: hint ?? 'sparkone config   (shows where the password comes from)'}]
  return [{subject, status: 'critical', message, hint: startService(services.redis, hint ?? 'redis-cli ping')}]
}
