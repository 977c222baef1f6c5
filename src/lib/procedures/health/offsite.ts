import type {Finding, Measurement} from '../../domain/finding.ts'
import type {HealthInput, Observed} from '../../domain/health.ts'
import {startOfId} from '../../domain/offsite.ts'
import {formatDuration} from '../../domain/quantity.ts'
import type {OffsiteCopy, Ports} from '../../ports.ts'
import {observe} from './observe.ts'

/** What a listing of one target showed. */
export interface OffsiteReading {
  name: string
  location: string
  maxAgeMilliseconds: number
  copies: Observed<OffsiteCopy[]>
}

/** Clocks of two machines may differ a little; a copy further ahead than this has a wrong date. */
const clockToleranceMilliseconds = 5 * 60 * 1000

/** Lists the copies at each target, by name alone, so that keys which may only put and list are enough. */
export async function gatherOffsite({timeoutMilliseconds}: HealthInput, ports: Ports): Promise<OffsiteReading[]> {
  const targets = await ports.offsite()
  return Promise.all(
    targets.map(async ({name, maxAgeMilliseconds, store}) => ({
      name,
      location: store.location,
      maxAgeMilliseconds,
      copies: await observe(ports, timeoutMilliseconds, (signal) => store.copies(signal)),
    })),
  )
}

/** Returns a finding for each target: how old its newest whole copy is. A target that cannot be listed is not known to be well. */
export function judgeOffsite(readings: readonly OffsiteReading[], now: Date): Finding[] {
  return readings.map((reading) => ({subject: `offsite ${reading.name}`, ...judge(reading, now)}))
}

function judge({location, maxAgeMilliseconds: maxAge, copies}: OffsiteReading, now: Date): Omit<Finding, 'subject'> {
  if (!copies.seen) return {status: 'unknown', message: `not known: ${copies.message}`, hint: copies.hint ?? 'sparkone sync --dry-run'}
  const newest = newestOf(copies.value)
  if (newest === null) return {status: 'critical', message: `there is no whole copy in ${location}`, hint: 'sparkone sync'}
  const age = now.getTime() - newest.startedAt
  const measurements = [measure(age, maxAge)]
  const message = `newest copy ${newest.id} is ${formatDuration(Math.max(age, 0))} old`
  if (age < -clockToleranceMilliseconds) {
    return {
      status: 'unknown',
      message: `copy ${newest.id} is dated ${formatDuration(-age)} in the future, so a clock is wrong`,
      hint: 'timedatectl',
      measurements,
    }
  }
  if (age <= maxAge) return {status: 'ok', message, measurements}
  const late = `${message}, more than ${formatDuration(maxAge)}`
  return {status: age > 2 * maxAge ? 'critical' : 'warning', message: late, hint: 'sparkone sync', measurements}
}

function newestOf(copies: readonly OffsiteCopy[]): {id: string; startedAt: number} | null {
  const whole = copies.filter(({complete}) => complete).map(({id}) => ({id, startedAt: startOfId(id)}))
  return whole.toSorted((a, b) => b.startedAt - a.startedAt)[0] ?? null
}

function measure(age: number, maxAge: number): Measurement {
  return {label: 'age', value: Math.round(age / 1000), unit: 's', warning: maxAge / 1000, critical: (2 * maxAge) / 1000, minimum: 0}
}
