/** What deployments that died have left in the file system. */
export interface ReleaseFiles {
  /** Returns the folders that commits were checked out to; each is removed by the run that made it, unless that died. */
  folders(): Promise<readonly ReleaseFolder[]>
  /** Removes one of them with everything in it. Throws `denied`. */
  remove(path: string): Promise<void>
}

export interface ReleaseFolder {
  path: string
  bytes: number
  changedAt: Date
}
