import {OperatorError} from '../../../src/lib/errors.ts'
import type {DrillReport} from '../../../src/lib/domain/drill.ts'
import type {DrillReports, Programs, StartedProgram} from '../../../src/lib/ports/drill.ts'

/** Reports in memory. */
export class FakeDrillReports implements DrillReports {
  readonly saved: DrillReport[] = []

  async save(report: DrillReport): Promise<string> {
    this.saved.push(report)
    return `memory/${report.id}.json`
  }

  async newest(): Promise<DrillReport | null> {
    return this.saved.at(-1) ?? null
  }
}

/** Programs that end as told, or run until they are ended. */
export class FakePrograms implements Programs {
  /** How programs end; null: not by themselves. */
  ending: {exitCode: number | null; output: string} | null = {exitCode: 0, output: ''}
  /** The same of single programs, by their first word or all of them. */
  readonly endings = new Map<string, FakePrograms['ending']>()
  /** Programs that are not there. */
  readonly missing = new Set<string>()
  onStart: (argv: readonly string[]) => unknown = () => {}
  onEnd: (argv: readonly string[]) => unknown = () => {}
  readonly started: {argv: readonly string[]; environment: Readonly<Record<string, string>>; input?: string}[] = []
  running = 0

  start(argv: readonly string[], environment: Readonly<Record<string, string>>, input?: string): StartedProgram {
    this.started.push({argv, environment, ...(input !== undefined && {input})})
    this.running += 1
    this.onStart(argv)
    return {ended: this.#endOf(argv), [Symbol.asyncDispose]: async () => this.#dispose(argv)}
  }

  #endOf(argv: readonly string[]): StartedProgram['ended'] {
    const [file = ''] = argv
    const typed = this.endings.get(argv.join(' '))
    if (typed) return Promise.resolve(typed)
    if (this.missing.has(file)) return Promise.reject(new OperatorError('notFound', `${file} cannot be started.`))
    const ending = this.endings.has(file) ? this.endings.get(file)! : this.ending
    return ending === null ? new Promise<never>(() => {}) : Promise.resolve(ending)
  }

  #dispose(argv: readonly string[]): void {
    this.running -= 1
    this.onEnd(argv)
  }
}
