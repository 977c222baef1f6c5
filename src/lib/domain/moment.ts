import {parseDuration} from './quantity.ts'

const units = /\s*\b(second|minute|hour|day|week)s?\b/gi

/**
 * Returns the time that a text names: `2026-11-22T09:30`, with a space for the T, with seconds, with a zone such as Z or +02:00 (UTC without one), a
 * day alone (its first moment), or `2 hours ago`, `90m ago`; null when it names none.
 */
export function parseMoment(text: string, now: Date): Date | null {
  const [, ago] = /^(.+?)\s+ago$/i.exec(text.trim()) ?? []
  if (ago === undefined) return parseTime(text.trim())
  const milliseconds = parseDuration(ago.replaceAll(units, (_, unit: string) => unit[0]!.toLowerCase()))
  return milliseconds === null ? null : new Date(now.getTime() - milliseconds)
}

function parseTime(text: string): Date | null {
  const [, day, time = '00:00', zone = 'Z'] =
    /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d{2}(?::?\d{2})?)?)?$/i.exec(text) ?? []
  if (day === undefined) return null
  const offset = /^(?:Z|UTC)$/i.test(zone) ? 'Z' : `${zone.slice(0, 3)}:${zone.slice(3).replace(':', '') || '00'}`
  const date = new Date(`${day}T${time}${offset}`)
  // The 31st of a month with 30 days would be taken for the next day.
  return Number.isNaN(date.getTime()) || !isDay(day) ? null : date
}

function isDay(text: string): boolean {
  const date = new Date(`${text}T00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text)
}
