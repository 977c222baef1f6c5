import {pino, stdTimeFunctions, type DestinationStream} from 'pino'
import {currentRequest} from './request-context.ts'

type Level = 'debug' | 'info' | 'warn' | 'error'

export interface LogSettings {
  level: 'trace' | 'fatal' | Level
  format: 'json' | 'text'
}

let logger = createLogger({level: 'info', format: 'json'})

/** Sets level and format for all that follows. */
export function configureLog(settings: LogSettings): void {
  logger = createLogger(settings)
}

/** Writes one line to stdout, where container runtimes collect it, with the ids of the request that is being answered. */
export function log(level: Level, message: string, fields: Record<string, string | number | boolean | undefined> = {}): void {
  logger[level](fields, message)
}

/** Returns a logger; `destination` takes whole lines. */
export function createLogger({level, format}: LogSettings, destination: DestinationStream = process.stdout) {
  const options = {
    level,
    base: undefined,
    messageKey: 'message',
    timestamp: stdTimeFunctions.isoTime,
    formatters: {level: (label: string) => ({level: label})},
    mixin: () => ({...currentRequest()}),
  }
  return pino(options, format === 'json' ? destination : {write: (line: string) => destination.write(asText(line))})
}

// For a person at a terminal: `12:00:00.000 warn message key=value`.
function asText(line: string): string {
  const {time, level, message, ...fields} = JSON.parse(line) as Record<string, unknown>
  const rest = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`)
  return `${String(time).slice(11, 23)} ${String(level).padEnd(5)} ${String(message)}${rest.join('')}\n`
}
