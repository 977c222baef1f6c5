/** Where sparkone itself runs: as whom, on what, and what lies there. */
export interface Workplace {
  /** Version of Node, such as `24.1.0`. */
  readonly nodeVersion: string
  /** Number of the user; null where users have none. */
  readonly user: number | null
  /** Names and addresses by which this machine can be meant, in lower case. */
  names(): Promise<readonly string[]>
  /** What lies at a path, links followed; null where nothing does. Throws `denied`. */
  entry(path: string): Promise<Entry | null>
  /** Whether a program can be started: a path is relative to the folder of the configuration, a name is looked up as the system does. */
  canStart(program: string): Promise<boolean>
}

export interface Entry {
  isFolder: boolean
  /** Permission bits, such as 0o700. */
  mode: number
  /** Number of its user. */
  owner: number
}
