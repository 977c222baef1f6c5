import type {Release} from '../domain/release.ts'

/** The ledger of what was brought up, of a project and environment. */
export interface Releases {
  /** Returns all, newest first. Throws `denied`. */
  all(): Promise<readonly Release[]>
  /** Returns the ledgers of all projects and environments on this machine, its own among them, each newest first. Throws `denied`. */
  everyLedger(): Promise<readonly (readonly Release[])[]>
  /** Puts a release on stable storage, in place of what was known of it. Throws `noSpace` or `denied`. */
  save(release: Release): Promise<void>
}
