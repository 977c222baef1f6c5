import {judgeEncryption} from '../../domain/encryption.ts'
import {unfinishedRuns, type JournalEntry} from '../../domain/journal.ts'
import {formatBytes} from '../../domain/quantity.ts'
import {newestFirst, totalBytes} from '../../domain/backup-set.ts'
import {doctorCheck, type DoctorCheck, type Verdict} from './check.ts'

/** Room for so many backups like the last one is the least to be easy about. */
const easyBackups = 3

/** What sparkone itself has made: keys that were shown, sets, the journal. */
export const ownChecks: readonly DoctorCheck[] = [
  doctorCheck({
    name: 'encryption',
    about: 'Can somebody decrypt what is encrypted?',
    async gather(_input, ports) {
      const encryption = await ports.encryption()
      return {confirmations: await encryption.confirmations(), identitiesHere: encryption.hasIdentities}
    },
    judge: ({confirmations, identitiesHere}) => judgeEncryption(confirmations, {identitiesHere}),
  }),
  doctorCheck({
    name: 'backups',
    about: 'Is every set in the folder of the backups whole?',
    unseen: 'critical',
    async gather(_input, ports) {
      const store = await ports.store()
      return {location: store.location, freeBytes: await store.freeBytes(), broken: await store.broken()}
    },
    judge: judgeSets,
  }),
  doctorCheck({
    name: 'space',
    about: 'Is there room for the next backups?',
    async gather(_input, ports) {
      const store = await ports.store()
      return {location: store.location, freeBytes: await store.freeBytes(), newest: newestFirst(await store.list())[0] ?? null}
    },
    judge({location, freeBytes, newest}): Verdict {
      const free = `${location} has ${formatBytes(freeBytes)} free`
      if (newest === null) return {status: 'ok', message: `${free}, and no backup yet to compare it with`}
      const bytes = totalBytes(newest.manifest)
      const message = `${free}, and the newest backup takes ${formatBytes(bytes)}`
      if (freeBytes >= easyBackups * bytes) return {status: 'ok', message}
      return {
        status: freeBytes < bytes ? 'critical' : 'warning',
        message,
        hint: 'sparkone backup cleanup --dry-run; sparkone prune --dry-run',
      }
    },
  }),
  doctorCheck({
    name: 'journal',
    about: 'Was a run cut short?',
    gather: async (_input, ports) => (await ports.journal()).entries(),
    judge: judgeJournal,
  }),
]

function judgeSets({
  location,
  freeBytes,
  broken,
}: {
  location: string
  freeBytes: number
  broken: readonly {location: string; reason: string}[]
}): Verdict[] {
  if (broken.length === 0) return [{status: 'ok', message: `${location} can be read, ${formatBytes(freeBytes)} free`}]
  return broken.map((each) => ({
    status: 'warning',
    message: `${each.location} is no whole backup: ${each.reason}`,
    hint: 'Look at it, and remove it when it is of no use.',
  }))
}

function judgeJournal(entries: readonly JournalEntry[]): Verdict {
  const last = unfinishedRuns(entries).at(-1)
  if (last === undefined) return {status: 'ok', message: `${entries.length} entries, each run came to its end`}
  return {
    status: 'warning',
    message: `${last.command} of ${last.at} (run ${last.run}) never came to its end`,
    hint: `sparkone ${last.command} --dry-run shows what it would do now; the next change cleans up.`,
  }
}
