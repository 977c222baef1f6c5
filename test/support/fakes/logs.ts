import type {ContainerLogging} from '../../../src/lib/domain/log-bounds.ts'
import type {LogRotation, LogStep} from '../../../src/lib/domain/log-rotation.ts'
import type {LogFacts, LogRule, LogSignal} from '../../../src/lib/domain/log-rule.ts'
import type {LogWriter} from '../../../src/lib/domain/log-writers.ts'
import type {OperatorError} from '../../../src/lib/errors.ts'
import type {DockerPaths, FoundLogs, LogEntry, LogFiles, LogReading, ServiceLogs} from '../../../src/lib/ports/logs.ts'

/** Logs that are only names: what would be done to them is told as events. */
export class FakeLogFiles implements LogFiles {
  readonly folder = '/srv/shop/logs'
  /** What each pattern finds. */
  readonly found = new Map<string, Partial<FoundLogs>>()
  /** Who writes to which file. */
  readonly open = new Map<string, LogWriter[]>()
  isPartial = false
  present: string[] = []
  /** What was written, by path. */
  readonly written = new Map<string, string[]>()
  readonly times = new Map<string, number>()
  /** What work on a log fails with. */
  readonly failing = new Map<string, OperatorError>()
  /** Where nothing of ours may ever look. */
  forbidden: DockerPaths | null = null
  /** Called after a signal, as a writer is that opens its log anew. */
  onSignal = () => {}
  readonly #tell: (event: string) => void

  constructor(tell: (event: string) => void) {
    this.#tell = tell
  }

  async find({pattern}: LogRule, docker: DockerPaths): Promise<FoundLogs> {
    this.forbidden = docker
    const {logs = [], refused = []} = this.found.get(pattern) ?? {}
    return {logs: logs.map((log): LogFacts => ({...log, lastAt: this.times.get(log.path) ?? log.lastAt})), refused}
  }

  async writers(paths: readonly string[]) {
    return {byPath: new Map([...this.open].filter(([path]) => paths.includes(path))), isPartial: this.isPartial}
  }

  async apply(path: string, steps: readonly LogStep[]): Promise<void> {
    for (const step of steps) {
      const failure = this.failing.get(`${step.kind} ${path}`)
      if (failure) throw failure
      this.#tell(step.kind === 'rename' ? `rename ${step.from} to ${step.to}` : `${step.kind} ${step.name}`)
    }
  }

  async turn({path, to}: LogRotation, {copyTruncate}: LogRule): Promise<void> {
    const failure = this.failing.get(path)
    if (failure) throw failure
    this.#tell(`${copyTruncate ? 'copy' : 'move'} ${path} to ${to}`)
  }

  async signalProcess({name, pidFile}: LogSignal): Promise<void> {
    this.#tell(`${name} to the process of ${pidFile}`)
    this.onSignal()
  }

  async write(path: string, lines: AsyncIterable<string>): Promise<number> {
    const text: string[] = []
    for await (const line of lines) text.push(line)
    this.written.set(path, text)
    return text.join('\n').length
  }

  async snapshots() {
    return this.present
  }

  async memory() {
    return {
      lastAt: (path: string) => this.times.get(path) ?? null,
      note: async (path: string, at: number) => {
        this.#tell(`note ${path}`)
        this.times.set(path, at)
      },
      compact: async () => {},
    }
  }
}

/** Services whose lines a test has written. */
export class FakeServiceLogs implements ServiceLogs {
  readonly lines = new Map<string, Omit<LogEntry, 'service'>[]>()
  logging: ContainerLogging[] = []
  paths: DockerPaths = {folders: [], files: []}
  /** Why Docker does not answer. */
  down: OperatorError | null = null
  /** What was asked for last. */
  asked: LogReading | null = null
  onSignal = () => {}
  readonly #tell: (event: string) => void

  constructor(tell: (event: string) => void) {
    this.#tell = tell
  }

  async services(): Promise<string[]> {
    this.#assertUp()
    return [...this.lines.keys()].toSorted()
  }

  async *read(service: string, reading: LogReading): AsyncGenerator<LogEntry> {
    this.#assertUp()
    this.asked = reading
    const {lines: limit, since} = reading
    const all = (this.lines.get(service) ?? []).filter(({at}) => since === null || (at !== null && at >= since.getTime()))
    for (const line of limit === null ? all : all.slice(-limit)) yield {service, ...line}
  }

  async containers() {
    this.#assertUp()
    return this.logging
  }

  async docker() {
    this.#assertUp()
    return this.paths
  }

  async signal(service: string, name: string): Promise<void> {
    this.#tell(`${name} to ${service}`)
    this.onSignal()
  }

  #assertUp(): void {
    if (this.down) throw this.down
  }
}
