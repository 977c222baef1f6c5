import type {Timers} from '../../../src/lib/ports.ts'

/** Files in memory, and a systemd that is there or not. */
export class FakeTimers implements Timers {
  systemd = true
  readonly files = new Map<string, string>()
  readonly told: string[] = []

  async hasSystemd(): Promise<boolean> {
    return this.systemd
  }

  async read(path: string): Promise<string | null> {
    return this.files.get(path) ?? null
  }

  async write(path: string, text: string): Promise<void> {
    this.files.set(path, text)
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path)
  }

  async systemctl(words: readonly string[]): Promise<void> {
    this.told.push(words.join(' '))
  }
}
