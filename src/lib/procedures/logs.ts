import {redact} from '../domain/job-message.ts'
import {isMeant, readLogLine, type LogFilter, type LogLine} from '../domain/log-line.ts'
import {nearest} from '../domain/nearest.ts'
import {abortError, OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import type {LogEntry, LogReading} from '../ports/logs.ts'

export interface LogsInput {
  /** Null: all of them. */
  service: string | null
  /** Last lines of each service, after the filter. */
  lines: number
  since: Date | null
  only: LogFilter | null
  slowMilliseconds: number
  /** Never shown. */
  secrets: readonly string[]
}

/** So often lines that came meanwhile are put in the order of their times. */
const batchMilliseconds = 100

/** Returns the last lines of the services, in the order of their times. Throws `notFound`, naming the services, and `unreachable`. */
export async function readLogs(input: LogsInput, ports: Ports): Promise<LogLine[]> {
  const logs = await ports.serviceLogs()
  const services = await servicesMeant(input, ports)
  const reading: LogReading = {...begin(input), follow: false}
  const all = await Promise.all(services.map((service) => lastOf(logs.read(service, reading), input)))
  if (ports.signal.aborted) throw abortError(ports.signal)
  return inOrder(all.flat())
}

/** Shows lines as they come until the run is aborted, which it throws, or every log has ended. Throws as `readLogs` does. */
export async function followLogs(input: LogsInput, ports: Ports, show: (lines: readonly LogLine[]) => void): Promise<void> {
  const {signal, clock} = ports
  const logs = await ports.serviceLogs()
  const services = await servicesMeant(input, ports)
  const waiting: LogLine[] = []
  const state = {ended: false}
  const reading = Promise.all(services.map((service) => collect(logs.read(service, {...begin(input), follow: true}), input, waiting)))
  const end = () => void (state.ended = true)
  reading.then(end, end)
  while (!state.ended && !signal.aborted) {
    await clock.sleep(batchMilliseconds, signal).catch(() => undefined)
    if (waiting.length > 0) show(inOrder(waiting.splice(0)))
  }
  if (signal.aborted) throw abortError(signal)
  await reading
  if (waiting.length > 0) show(inOrder(waiting.splice(0)))
}

/** A filter picks out of all that there is; the lines asked for are those that it leaves. */
function begin({lines, since, only}: LogsInput): Pick<LogReading, 'lines' | 'since'> {
  return {lines: only === null && since === null ? lines : null, since}
}

async function servicesMeant({service}: LogsInput, ports: Ports): Promise<string[]> {
  const services = await (await ports.serviceLogs()).services()
  if (services.length === 0) {
    throw new OperatorError('notFound', 'No service is known whose logs could be shown.', {
      hint: 'Start the Compose project, or name files in logs.files.',
    })
  }
  if (service === null) return services
  if (services.includes(service)) return [service]
  const guess = nearest(service, services)
  throw new OperatorError('notFound', `There is no service ${service}. There are: ${services.join(', ')}.`, {
    hint: guess === null ? 'Name one of them.' : `Did you mean sparkone logs ${guess}?`,
  })
}

async function lastOf(entries: AsyncIterable<LogEntry>, input: LogsInput): Promise<LogLine[]> {
  const kept: LogLine[] = []
  for await (const entry of entries) {
    const line = lineMeant(entry, input)
    if (line !== null) kept.push(line)
    // Cut now and then, so that a long log does not fill the memory.
    if (kept.length >= input.lines * 2) kept.splice(0, kept.length - input.lines)
  }
  return kept.slice(-input.lines)
}

async function collect(entries: AsyncIterable<LogEntry>, input: LogsInput, into: LogLine[]): Promise<void> {
  for await (const entry of entries) {
    const line = lineMeant(entry, input)
    if (line !== null) into.push(line)
  }
}

function lineMeant(entry: LogEntry, {only, slowMilliseconds, secrets}: LogsInput): LogLine | null {
  // Within JSON a secret is written with its quotes and backslashes escaped.
  const escaped = secrets.map((secret) => JSON.stringify(secret).slice(1, -1))
  const line = readLogLine({...entry, text: redact(entry.text, [...secrets, ...escaped])})
  return only === null || isMeant(line, only, slowMilliseconds) ? line : null
}

/** A line without a time stays behind the one before it, of the same service. */
function inOrder(lines: readonly LogLine[]): LogLine[] {
  const last = new Map<string, number>()
  const timed = lines.map((line) => {
    const time = line.at ?? last.get(line.service) ?? 0
    last.set(line.service, time)
    return {line, time}
  })
  return timed.toSorted((one, other) => one.time - other.time).map(({line}) => line)
}
