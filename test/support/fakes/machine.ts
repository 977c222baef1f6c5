import type {FileSystem, Machine, MachineResources} from '../../../src/lib/ports.ts'

const gibibyte = 1024 ** 3

/** A machine with time and room to spare, until a test takes some away. */
export class FakeMachine implements Machine {
  current: MachineResources = {cpuPercent: 7, cores: 2, load: 0.2, memoryTotalBytes: 8 * gibibyte, memoryAvailableBytes: 6 * gibibyte}
  disks: FileSystem[] = [{path: '/', totalBytes: 100 * gibibyte, freeBytes: 60 * gibibyte, totalInodes: 1000, freeInodes: 900}]

  /** How far the run stepped back behind other programs. */
  nice = 0

  async resources(): Promise<MachineResources> {
    return this.current
  }

  async fileSystems(): Promise<FileSystem[]> {
    return this.disks
  }

  stepBack(nice: number): void {
    this.nice = nice
  }
}
