import path from 'node:path'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import {FileJournal} from '../../../src/lib/adapters/journal.ts'
import {FileLocks} from '../../../src/lib/adapters/lock.ts'
import {systemClock, systemRandom} from '../../../src/lib/adapters/clock.ts'
import {perform, type Performed} from '../../../src/lib/change.ts'
import {noRules} from '../../../src/lib/domain/retention-policy.ts'
import type {RetentionPolicy} from '../../../src/lib/domain/retention.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {cleanup} from '../../../src/lib/procedures/cleanup.ts'
import {sync} from '../../../src/lib/procedures/sync.ts'
import {FakePorts} from '../fakes/ports.ts'
import {storeAt} from '../s3/stores.ts'

const policy: RetentionPolicy = {
  rules: {...noRules, last: 2},
  floor: 2,
  failedProofs: {years: 0, months: 0, days: 7, hours: 0},
  timeZone: 'UTC',
}

/** What can be killed without a server to be waited for. */
export type CheapChange = 'backup' | 'sync' | 'cleanup'

/** Returns ports with a real disk, real locks, a real journal and a store off-site; only the database is in memory. */
export function cheapPorts(folder: string, endpoint: string) {
  const ports = new FakePorts()
  const directory = new DirectoryStore(path.join(folder, 'backups'), 'shop', 'production')
  const vault = storeAt({endpoint, clock: systemClock})
  ports.targets = [{name: 'vault', maxAgeMilliseconds: 1, store: vault}]
  const locks = new FileLocks(folder, systemClock, ports.signal)
  const journal = new FileJournal(path.join(folder, 'journal.jsonl'))
  return Object.assign(ports, {
    directory,
    vault,
    clock: systemClock,
    random: systemRandom,
    store: async () => directory,
    locks: async () => locks,
    journal: async () => journal,
  })
}

/** Performs a change, as its command does. */
export async function performCheaply(change: CheapChange, ports: ReturnType<typeof cheapPorts>): Promise<Performed<unknown, unknown>> {
  const options = {dryRun: false, lockWaitMilliseconds: 0}
  if (change === 'backup') return perform(backup, {allowEmpty: false}, ports, options)
  if (change === 'sync') return perform(sync, {retention: null}, ports, options)
  return perform(cleanup, {local: policy, offsite: policy}, ports, options)
}
