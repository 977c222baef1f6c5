import type {Release} from '../../../src/lib/domain/release.ts'
import type {Releases} from '../../../src/lib/ports/releases.ts'

/** A ledger in memory. */
export class FakeReleases implements Releases {
  readonly byId = new Map<string, Release>()
  /** Ledgers of other projects and environments on the machine, each newest first. */
  others: (readonly Release[])[] = []
  /** Called before each save; may throw, or never end, as a killed run writes no more. */
  onSave: (release: Release) => void | Promise<void> = () => {}

  async all(): Promise<Release[]> {
    return [...this.byId.values()].toSorted((one, other) => (one.id < other.id ? 1 : -1))
  }

  async everyLedger(): Promise<(readonly Release[])[]> {
    return [await this.all(), ...this.others]
  }

  async save(release: Release): Promise<void> {
    await this.onSave(release)
    this.byId.set(release.id, release)
  }
}
