import type {Proof} from '../../../src/lib/domain/backup-set.ts'
import type {PhysicalBackup, PhysicalExpiry, PhysicalInventory, PhysicalType} from '../../../src/lib/domain/physical-backup.ts'
import type {DataFolder, DataFolderState, PhysicalEngine, Recovery, RecoveryRequest} from '../../../src/lib/ports/physical.ts'
import {MemoryPostgres} from './postgres.ts'

/** Returns a backup that ended two minutes after it began; `segment` is the only piece of log that it needs. */
export function physicalBackup(startedAt: string, type: PhysicalType = 'full', segment = 2): PhysicalBackup {
  const begin = new Date(startedAt)
  const label = `${startedAt
    .slice(0, 19)
    .replace('T', '-')
    .replaceAll(/[:-](?!\d{6}$)/g, '')}${type[0]!.toUpperCase()}`
  return {
    label,
    type,
    startedAt: begin,
    finishedAt: new Date(begin.getTime() + 120_000),
    databaseBytes: 20_000_000,
    storedBytes: 3_000_000,
    firstSegment: segmentName(segment),
    lastSegment: segmentName(segment),
    consistentAt: BigInt(segment * 16 * 1024 * 1024 + 256),
    damaged: false,
    majorVersion: 17,
    systemIdentifier: '7',
    proof: null,
  }
}

/** Returns the name of a segment of the first timeline. */
export function segmentName(number: number, timeline = 1): string {
  return [timeline, 0, number].map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('')
}

/** An engine in memory, over a data folder whose parts are there to be damaged. */
export class FakePhysicalEngine implements PhysicalEngine {
  backups: PhysicalBackup[] = []
  segments: PhysicalInventory['segments'] = []
  readonly proofs: Proof[] = []
  readonly recoveries: RecoveryRequest[] = []
  /** Steps that fail, and how. */
  failing: Partial<Record<'backup' | 'recover' | 'stop' | 'start' | 'check' | 'expire', Error>> = {}
  /** What the next backup turns out to be; null: none is listed. */
  next: PhysicalBackup | null = physicalBackup('2026-11-22T10:00:00Z')
  /** What comes back. */
  readonly recovered = new MemoryPostgres()
  disposed = 0
  /** What it would expire. */
  due: PhysicalExpiry = {labels: [], setting: 'repo1-retention-full', isSet: true}
  /** Kept folders that a server runs on. */
  readonly inUse = new Set<string>()
  lastTransactionAt: Date | null = new Date('2026-11-22T09:55:00Z')
  /** What the data folder tells of a server that is down. */
  timeline: {timeline: number; history: string | null} | null = {timeline: 1, history: null}
  state: DataFolderState = {exists: true, movable: true, freeBytes: 1e12, siblings: [], running: true, canSwap: true}
  readonly #note: (event: string) => void

  constructor(note: (event: string) => void) {
    this.#note = note
    this.recovered.databases.set('shop', {comment: null, tables: {customers: 3, orders: 4}})
  }

  async describe(): Promise<string> {
    return 'pgBackRest 2.45, stanza shop'
  }

  async inventory(): Promise<PhysicalInventory> {
    return {backups: this.backups, segments: this.segments}
  }

  async check(): Promise<void> {
    this.#begin('check')
  }

  async backup(type: PhysicalType): Promise<void> {
    this.#begin('backup', type)
    if (this.next) this.backups = [...this.backups, this.next]
  }

  async expiry(): Promise<PhysicalExpiry> {
    return this.due
  }

  async expire(): Promise<void> {
    this.#begin('expire')
    this.backups = this.backups.filter(({label}) => !this.due.labels.includes(label))
  }

  async saveProof(_backup: PhysicalBackup, proof: Proof): Promise<void> {
    this.proofs.push(proof)
  }

  async recover(request: RecoveryRequest): Promise<Recovery> {
    this.recoveries.push(request)
    this.#begin('recover')
    return {
      description: 'memory',
      database: this.recovered,
      lastTransactionAt: this.lastTransactionAt,
      url: (database) => `postgresql://postgres@/${database}?host=/socket`,
      seconds: {restore: 2, recover: 1},
      keep: async () => this.#note('keep'),
      [Symbol.asyncDispose]: async () => void (this.disposed += 1),
    }
  }

  async dataFolder(): Promise<DataFolder> {
    return {
      path: '/data/main',
      state: async () => this.state,
      timeline: async () => this.timeline,
      stop: async () => this.#begin('stop'),
      start: async () => this.#begin('start'),
      rename: async (moves) => moves.forEach(({from, to}) => this.#note(`${from} -> ${to}`)),
      lookAt: async (path) => ({bytes: 1_048_576, running: this.inUse.has(path)}),
      discard: async (path) => this.#note(`discard ${path}`),
    }
  }

  #begin(step: 'backup' | 'recover' | 'stop' | 'start' | 'check' | 'expire', detail = ''): void {
    this.#note(`${step} ${detail}`.trim())
    const failure = this.failing[step]
    if (failure) throw failure
  }
}
