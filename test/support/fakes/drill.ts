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
  readonly started: {argv: readonly string[]; environment: Readonly<Record<string, string>>}[] = []
  running = 0

  start(argv: readonly string[], environment: Readonly<Record<string, string>>): StartedProgram {
    this.started.push({argv, environment})
    this.running += 1
    const ended = this.ending === null ? new Promise<never>(() => {}) : Promise.resolve(this.ending)
    return {ended, [Symbol.asyncDispose]: async () => void (this.running -= 1)}
  }
}
