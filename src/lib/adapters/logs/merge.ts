import type {LogEntry} from '../../ports/logs.ts'

/** How a source that is followed waits for more. */
export interface Following {
  signal: AbortSignal
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>
}

/** Returns each service once, sorted. */
export function onceEach(services: readonly string[]): string[] {
  return [...new Set(services)].toSorted()
}

/** Merges sources that are each in order of time; a line without a time keeps its place behind the one before it. */
export async function* mergeByTime(sources: readonly AsyncIterable<LogEntry>[]): AsyncGenerator<LogEntry> {
  const heads = await Promise.all(
    sources.map(async (source) => advance({source: source[Symbol.asyncIterator](), entry: null, time: -Infinity})),
  )
  try {
    for (;;) {
      const waiting = heads.filter(({entry}) => entry !== null)
      if (waiting.length === 0) return
      const first = waiting.reduce((best, head) => (head.time < best.time ? head : best))
      yield first.entry!
      await advance(first)
    }
  } finally {
    await Promise.all(heads.map(({source}) => source.return?.()))
  }
}

/** Passes on whatever comes, from whichever source. */
export async function* together(sources: readonly AsyncIterable<LogEntry>[]): AsyncGenerator<LogEntry> {
  const running = new Map(sources.map((each) => pending(each[Symbol.asyncIterator]())))
  try {
    while (running.size > 0) {
      const {source, result} = await Promise.race(running.values())
      if (result.done) running.delete(source)
      else {
        running.set(...pending(source))
        yield result.value
      }
    }
  } finally {
    // Not waited for: one that waits for a line which never comes would never answer.
    for (const source of running.keys()) void source.return?.()
  }
}

interface Head {
  source: AsyncIterator<LogEntry>
  entry: LogEntry | null
  time: number
}

async function advance(head: Head): Promise<Head> {
  const {done, value} = await head.source.next()
  head.entry = done ? null : (value as LogEntry)
  head.time = head.entry?.at ?? head.time
  return head
}

type Source = AsyncIterator<LogEntry>

function pending(source: Source): [Source, Promise<{source: Source; result: IteratorResult<LogEntry>}>] {
  return [source, source.next().then((result) => ({source, result}))]
}
