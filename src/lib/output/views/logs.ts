import {escapeControls, type LogLine} from '../../domain/log-line.ts'
import type {Status} from '../../domain/finding.ts'
import {widthOf} from '../table.ts'
import {theme, type Look} from '../theme.ts'

/** Lines as the document has them, with nothing in them that could drive a terminal. */
export interface ShownLine {
  service: string
  time: string | null
  level: string | null
  message: string
  extra: Readonly<Record<string, unknown>>
}

/** Returns the lines in columns: time in UTC, service, level, message, and what else a structured line holds. A line is never broken. */
export function logsView(lines: readonly LogLine[], look: Look): string {
  const width = Math.max(0, ...lines.map(({service}) => widthOf(escapeControls(service))))
  return lines.map((line) => oneLine(line, width, look)).join('\n')
}

/** Returns the lines for the document. */
export function logsBody(lines: readonly LogLine[]): ShownLine[] {
  return lines.map(({service, at, level, message, extra}) => ({
    service: escapeControls(service),
    time: at === null ? null : new Date(at).toISOString(),
    level: level === null ? null : escapeControls(level),
    message: escapeControls(message),
    extra: escaped(extra) as Record<string, unknown>,
  }))
}

function oneLine(line: LogLine, width: number, look: Look): string {
  const paint = theme(look)
  const [{service, time, level, message, extra}] = logsBody([line]) as [ShownLine]
  const fields = Object.entries(extra).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const status = statusOf(level)
  // A raw line says its level itself.
  const said = line.structured && level !== null ? [paint.status(status ?? 'ok', level.toUpperCase().padEnd(5))] : []
  const shown = time === null ? ' '.repeat(23) : time.slice(0, 23).replace('T', ' ')
  return [
    paint.dim(shown),
    paint.heading(service + ' '.repeat(width - widthOf(service))),
    ...said,
    message,
    ...fields.map((field) => paint.dim(field)),
  ]
    .filter((part) => part !== '')
    .join('  ')
}

function statusOf(level: string | null): Status | null {
  if (level === null) return null
  if (/^(?:err|fatal|crit|alert|emerg|panic)/.test(level)) return 'critical'
  return level.startsWith('warn') ? 'warning' : null
}

function escaped(value: unknown): unknown {
  if (typeof value === 'string') return escapeControls(value)
  if (Array.isArray(value)) return value.map(escaped)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [escapeControls(key), escaped(each)]))
}
