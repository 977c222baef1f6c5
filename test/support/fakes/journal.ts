import type {JournalEntry} from '../../../src/lib/domain/journal.ts'
import type {Journal} from '../../../src/lib/ports.ts'

/** A journal in memory; `failing` makes it unwritable. */
export class FakeJournal implements Journal {
  readonly written: JournalEntry[] = []
  failing: Error | null = null
  readonly #tell: (event: string) => void

  constructor(tell: (event: string) => void = () => {}) {
    this.#tell = tell
  }

  async append(entry: JournalEntry): Promise<void> {
    if (this.failing) throw this.failing
    this.written.push(entry)
    this.#tell(entry.phase)
  }

  async entries(): Promise<JournalEntry[]> {
    return [...this.written]
  }
}
