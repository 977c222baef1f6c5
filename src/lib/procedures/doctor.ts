import type {Check} from '../change.ts'
import {judgeEncryption, type RecipientConfirmation} from '../domain/encryption.ts'
import type {Finding} from '../domain/finding.ts'
import type {Observed, Unseen} from '../domain/health.ts'
import {unfinishedRuns, type JournalEntry} from '../domain/journal.ts'
import {formatBytes} from '../domain/quantity.ts'
import type {Ports} from '../ports.ts'
import {judgeArchivingProof, tryArchiving, type ArchivingProof} from './doctor/archiving.ts'
import {observe} from './health/observe.ts'

export interface DoctorInput {
  timeoutMilliseconds: number
  /** Backups are those of an engine for whole servers, and not dumps. */
  isPhysical?: boolean
}

export interface DoctorFacts {
  keys: Observed<{confirmations: readonly RecipientConfirmation[]; identitiesHere: boolean}>
  server: Observed<{description: string; version: string; database: string}>
  store: Observed<{location: string; freeBytes: number; broken: readonly {location: string; reason: string}[]}>
  journal: Observed<readonly JournalEntry[]>
  /** Null: dumps are made. */
  archiving: Observed<ArchivingProof> | null
}

/** pgBackRest itself waits a minute for a segment to get to the archive. */
const archivingLimitMilliseconds = 75_000

/** Looks whether sparkone itself could do its work on this machine: keys, server, folder of the backups, journal. */
export const doctor: Check<DoctorInput, DoctorFacts> = {
  name: 'doctor',

  async gather({timeoutMilliseconds: limit, isPhysical = false}, ports) {
    const [keys, server, store, journal, archiving] = await Promise.all([
      observe(ports, limit, () => readKeys(ports)),
      observe(ports, limit, () => readServer(ports)),
      observe(ports, limit, () => readStore(ports)),
      observe(ports, limit, async () => (await ports.journal()).entries()),
      isPhysical ? observe(ports, Math.max(limit, archivingLimitMilliseconds), (signal) => tryArchiving(ports, signal)) : null,
    ])
    return {keys, server, store, journal, archiving}
  },

  judge({keys, server, store, journal, archiving}) {
    return [
      ...(keys.seen ? judgeEncryption(keys.value.confirmations, keys.value) : [unknown('encryption', keys)]),
      server.seen
        ? {subject: 'server', status: 'ok', message: `PostgreSQL ${server.value.version} answers for ${server.value.description}`}
        : {...unknown('server', server), status: 'critical'},
      ...(store.seen ? judgeStore(store.value) : [{...unknown('backups', store), status: 'critical' as const}]),
      journal.seen ? judgeJournal(journal.value) : unknown('journal', journal),
      ...(archiving ? judgeArchivingProof(archiving) : []),
    ]
  },
}

async function readKeys(ports: Ports) {
  const encryption = await ports.encryption()
  return {confirmations: await encryption.confirmations(), identitiesHere: encryption.hasIdentities}
}

async function readServer(ports: Ports) {
  const runtime = await ports.runtime()
  return {description: runtime.description, version: (await runtime.database.facts()).version, database: runtime.databaseName}
}

async function readStore(ports: Ports) {
  const store = await ports.store()
  return {location: store.location, freeBytes: await store.freeBytes(), broken: await store.broken()}
}

function judgeStore({
  location,
  freeBytes,
  broken,
}: {
  location: string
  freeBytes: number
  broken: readonly {location: string; reason: string}[]
}): Finding[] {
  if (broken.length === 0) return [{subject: 'backups', status: 'ok', message: `${location} can be read, ${formatBytes(freeBytes)} free`}]
  return broken.map((each) => ({
    subject: 'backups',
    status: 'warning',
    message: `${each.location} is no whole backup: ${each.reason}`,
    hint: 'Look at it, and remove it when it is of no use.',
  }))
}

function judgeJournal(entries: readonly JournalEntry[]): Finding {
  const subject = 'journal'
  const last = unfinishedRuns(entries).at(-1)
  if (last === undefined) return {subject, status: 'ok', message: `${entries.length} entries, each run came to its end`}
  const message = `${last.command} of ${last.at} (run ${last.run}) never came to its end`
  return {
    subject,
    status: 'warning',
    message,
    hint: `sparkone ${last.command} --dry-run shows what it would do now; the next change cleans up.`,
  }
}

function unknown(subject: string, {message, hint}: Unseen): Finding {
  return {subject, status: 'unknown', message: `not known: ${message}`, ...(hint === undefined ? {} : {hint})}
}
