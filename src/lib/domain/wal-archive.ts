import {isPast, type Lineage} from './lineage.ts'

/** A piece of the write-ahead log by its name of 24 hexadecimal characters: timeline, then place. */
export interface ArchivedSegment {
  name: string
  archivedAt: Date
}

/** Unless initdb was told otherwise. */
export const standardSegmentBytes = 16 * 1024 * 1024

/** Segments in a row without a gap; numbers count segments from the beginning of the log. */
export interface Stretch {
  first: number
  last: number
  /** When its last segment reached the archive. */
  until: Date
}

/** Returns what lies in the archive of a server's past, in stretches, oldest first. */
export function stretchesOf(segments: readonly ArchivedSegment[], lineage: Lineage, segmentBytes: number): Stretch[] {
  const byNumber = new Map<number, Date>()
  for (const {name, archivedAt} of segments) {
    const number = segmentNumber(name, segmentBytes)
    if (isPast(lineage, timelineOf(name), BigInt(number) * BigInt(segmentBytes))) byNumber.set(number, archivedAt)
  }
  const stretches: Stretch[] = []
  for (const [number, until] of [...byNumber].toSorted(([one], [other]) => one - other)) {
    const current = stretches.at(-1)
    if (current && current.last + 1 === number) Object.assign(current, {last: number, until})
    else stretches.push({first: number, last: number, until})
  }
  return stretches
}

/** Returns the place of a segment, counted in segments. */
export function segmentNumber(name: string, segmentBytes: number): number {
  const perLog = 2 ** 32 / segmentBytes
  return Number.parseInt(name.slice(8, 16), 16) * perLog + Number.parseInt(name.slice(16, 24), 16)
}

/** Returns the name of a segment. */
export function segmentName(timeline: number, number: number, segmentBytes: number): string {
  const perLog = 2 ** 32 / segmentBytes
  return [timeline, Math.floor(number / perLog), number % perLog].map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('')
}

export function timelineOf(name: string): number {
  return Number.parseInt(name.slice(0, 8), 16)
}
