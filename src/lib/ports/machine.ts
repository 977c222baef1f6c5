/** The machine sparkone runs on. */
export interface Machine {
  resources(): Promise<MachineResources>
  /** The file systems that hold the given folders, each once; a folder that is not there yet counts as its nearest parent. */
  fileSystems(paths: readonly string[]): Promise<FileSystem[]>
  /** Puts this process, and what it starts from now on, behind other programs, from 0 (not at all) to 19; for good, where the system allows it. */
  stepBack(nice: number): void
}

export interface MachineResources {
  /** Share of all cores that was busy during a short sample; null where the system does not tell. */
  cpuPercent: number | null
  cores: number
  /** Runnable processes over the last minute, on average; null where the system does not tell. */
  load: number | null
  memoryTotalBytes: number
  memoryAvailableBytes: number
}

export interface FileSystem {
  /** Where it is mounted. */
  path: string
  /** Bytes that ordinary users can ever have, used ones included. */
  totalBytes: number
  freeBytes: number
  /** 0 where the file system does not count them. */
  totalInodes: number
  freeInodes: number
}
