import {formatBytes} from '../domain/quantity.ts'
import type {Bytes, Clock} from '../ports.ts'

const everyMilliseconds = 200

/** Passes the bytes on and reports how many have gone by and how fast. */
export async function* metered(bytes: Bytes, clock: Clock, report: (detail: string) => void): Bytes {
  const begin = clock.elapsed()
  let last = begin
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    const now = clock.elapsed()
    if (now - last >= everyMilliseconds) {
      report(`${formatBytes(size)}, ${formatBytes((size / (now - begin)) * 1000)}/s`)
      last = now
    }
    yield chunk
  }
}
