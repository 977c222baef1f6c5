import type {Entry, Workplace} from '../../../src/lib/ports/workplace.ts'

/** A machine on which everything lies as it should, for user 1000, until a test changes that. */
export class FakeWorkplace implements Workplace {
  nodeVersion = '24.1.0'
  user: number | null = 1000
  known = ['localhost', 'server', '192.0.2.7']
  /** What is other than usual, by path; null: not there. */
  readonly entries = new Map<string, Partial<Entry> | null>()
  readonly missing = new Set<string>()

  async names(): Promise<string[]> {
    return this.known
  }

  async entry(path: string): Promise<Entry | null> {
    const isFolder = !/\.[a-z]+$/.test(path)
    const other = this.entries.get(path)
    return other === null ? null : {isFolder, mode: isFolder ? 0o700 : 0o600, owner: 1000, ...other}
  }

  async canStart(program: string): Promise<boolean> {
    return !this.missing.has(program)
  }
}
