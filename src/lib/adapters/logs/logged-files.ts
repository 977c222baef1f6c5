import {createReadStream} from 'node:fs'
import {open, stat} from 'node:fs/promises'
import {readLogLine} from '../../domain/log-line.ts'
import {abortError, OperatorError} from '../../errors.ts'
import type {DockerPaths, LogEntry, LogReading, ServiceLogs} from '../../ports/logs.ts'
import {accessError, explainAccess} from '../directory/access.ts'
import {linesOf} from './lines.ts'
import {mergeByTime, onceEach, together, type Following} from './merge.ts'

/** How often it is looked whether a file that is followed has grown. */
const lookMilliseconds = 100
const pieceBytes = 64 * 1024

export interface LoggedFilesOptions extends Following {
  files: readonly {service: string; path: string}[]
}

/** What services log into files of this machine. */
export class LoggedFiles implements ServiceLogs {
  readonly #options: LoggedFilesOptions

  constructor(options: LoggedFilesOptions) {
    this.#options = options
  }

  async services(): Promise<string[]> {
    return onceEach(this.#options.files.map(({service}) => service))
  }

  async *read(service: string, reading: LogReading): AsyncGenerator<LogEntry> {
    const paths = this.#options.files.filter((file) => file.service === service).map(({path}) => path)
    const sources = paths.map((path) => this.#readFile(service, path, reading))
    yield* reading.follow ? together(sources) : mergeByTime(sources)
  }

  async containers(): Promise<[]> {
    return []
  }

  async docker(): Promise<DockerPaths> {
    return {folders: [], files: []}
  }

  async signal(service: string): Promise<void> {
    throw new OperatorError('notFound', `The service ${service} logs into files, and its processes are not known.`, {hint: 'Set pidFile.'})
  }

  async *#readFile(service: string, path: string, {lines, since, follow}: LogReading): AsyncGenerator<LogEntry> {
    const {signal} = this.#options
    const start = lines === null || since !== null ? 0 : await explainAccess(path, () => offsetOfLast(path, lines))
    const chunks = follow ? this.#grow(path, start) : readOnce(path, start, signal)
    let at: number | null = null
    for await (const text of linesOf(chunks)) {
      // A line without a time, such as one of a stack trace, belongs to the one before.
      at = readLogLine({service, at: null, text}).at ?? at
      if (since === null || (at !== null && at >= since.getTime())) yield {service, at, text}
    }
  }

  /** Goes on at the end of the file, and at the beginning of the one that takes its place. */
  async *#grow(path: string, start: number): AsyncGenerator<Uint8Array> {
    const {signal, sleep} = this.#options
    let position = start
    let identity = ''
    while (!signal.aborted) {
      const status = await stat(path).catch(() => null)
      if (status && identity !== '' && (identity !== `${status.dev}:${status.ino}` || status.size < position)) position = 0
      if (status) identity = `${status.dev}:${status.ino}`
      if (status && status.size > position) {
        for await (const chunk of readOnce(path, position, signal)) {
          position += chunk.length
          yield chunk
        }
      } else await sleep(lookMilliseconds, signal)
    }
  }
}

async function* readOnce(path: string, start: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path, {start, highWaterMark: pieceBytes, signal})
  } catch (error) {
    throw signal.aborted ? abortError(signal) : accessError(path, error)
  }
}

/** Returns where the last lines begin, found from the end of the file. */
async function offsetOfLast(path: string, lines: number): Promise<number> {
  await using file = await open(path, 'r')
  const {size} = await file.stat()
  const piece = Buffer.alloc(pieceBytes)
  let missing = lines + 1
  let end = size
  while (end > 0) {
    const begin = Math.max(end - piece.length, 0)
    const {bytesRead} = await file.read(piece, 0, end - begin, begin)
    const view = piece.subarray(0, bytesRead)
    // The newline at the very end of a file ends its last line, and begins none.
    let from = end === size && view.at(-1) === 10 ? bytesRead - 2 : bytesRead - 1
    for (let index = from < 0 ? -1 : view.lastIndexOf(10, from); index !== -1; index = from < 0 ? -1 : view.lastIndexOf(10, from)) {
      missing -= 1
      if (missing === 1) return begin + index + 1
      from = index - 1
    }
    end = begin
  }
  return 0
}
