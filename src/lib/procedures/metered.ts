import {formatBytes, formatDuration} from '../domain/quantity.ts'
import type {Bytes, Clock} from '../ports.ts'

const everyMilliseconds = 200

export interface Meter {
  clock: Clock
  report: (detail: string) => void
  /** Bytes that will come, where that is known or can be foretold. */
  total?: number | null
}

/** Passes the bytes on and reports how many have gone by, how fast, and how long the rest will take. */
export function metered(bytes: Bytes, meter: Meter): Bytes {
  return meterOf(meter)(bytes)
}

/** Returns what passes bytes on as `metered` does, counting those of all that it is called with together. */
export function meterOf({clock, report, total = null}: Meter): (bytes: Bytes) => Bytes {
  const begin = clock.elapsed()
  let last = begin
  let size = 0
  return async function* (bytes) {
    for await (const chunk of bytes) {
      size += chunk.length
      const now = clock.elapsed()
      if (now - last >= everyMilliseconds) {
        report(describeProgress(size, now - begin, total))
        last = now
      }
      yield chunk
    }
  }
}

/** Returns for example `12 MiB of about 40 MiB, 8 MiB/s, 3.5 s left`. */
function describeProgress(size: number, milliseconds: number, total: number | null): string {
  const rate = `${formatBytes((size / milliseconds) * 1000)}/s`
  if (total === null || size >= total) return `${formatBytes(size)}, ${rate}`
  const left = formatDuration((milliseconds / size) * (total - size))
  return `${formatBytes(size)} of about ${formatBytes(total)}, ${rate}, ${left} left`
}
