/** A timeline with those that it came from: which parts of the archive are the past of a server. */
export interface Lineage {
  timeline: number
  ancestors: readonly {timeline: number; /** Its log counts up to here. */ until: bigint}[]
}

/**
 * Returns the lineage that a timeline's history file tells: lines of parent, location at which it was left, and reason (PostgreSQL documentation,
 * "Timelines"). The first timeline has none.
 */
export function readLineage(timeline: number, history: string | null): Lineage {
  const lines = (history ?? '').split('\n').map((line) => /^\s*(\d+)\s+([0-9A-F]+\/[0-9A-F]+)/i.exec(line))
  const ancestors = lines.flatMap((match) => (match ? [{timeline: Number(match[1]), until: parseLocation(match[2]!)}] : []))
  return {timeline, ancestors}
}

/** Returns whether a location of the log of a timeline is in the past of the server. */
export function isPast(lineage: Lineage, timeline: number, location: bigint): boolean {
  if (timeline === lineage.timeline) return true
  return lineage.ancestors.some((ancestor) => ancestor.timeline === timeline && location <= ancestor.until)
}

/** Returns the number of bytes that a location such as `0/5000028` stands for. */
export function parseLocation(text: string): bigint {
  const [high = '0', low = '0'] = text.split('/')
  return (BigInt(`0x${high}`) << 32n) + BigInt(`0x${low}`)
}
