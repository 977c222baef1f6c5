import type {PublicFiles, Systemd} from '../../../src/lib/ports/unattended.ts'

/** Files in memory; `failing` makes them unwritable. */
export class FakePublicFiles implements PublicFiles {
  readonly files = new Map<string, string>()
  failing: Error | null = null

  async read(path: string): Promise<string | null> {
    return this.files.get(path) ?? null
  }

  async write(path: string, text: string): Promise<void> {
    if (this.failing) throw this.failing
    this.files.set(path, text)
  }

  async remove(path: string): Promise<void> {
    this.files.delete(path)
  }
}

/** A systemd that is there or not, and what it was told. */
export class FakeSystemd implements Systemd {
  there = true
  readonly told: string[] = []

  async runs(): Promise<boolean> {
    return this.there
  }

  async control(words: readonly string[]): Promise<void> {
    this.told.push(words.join(' '))
  }
}
