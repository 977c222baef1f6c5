import {z} from 'zod'
import {duration, oneOf, setting, size} from '../kinds.ts'

const niceError = {error: 'expected a number between 0 and 19'}

const jobsError = {error: 'expected a number of processes between 1 and 16'}

/** What an empty server with its programs needs, and some for one index. */
const leastMemory = 256 * 1024 ** 2

const cpusError = {error: 'expected a number of processors such as 1 or 0.5'}

/** How much of the machine backups and their proofs may take from everyone else. */
export const impact = {
  jobs: setting(
    z.int(jobsError).min(1, jobsError).max(16, jobsError).optional(),
    'Processes that dump a database at once, all of one snapshot: the rows of large tables go into members of their own.',
    {fallback: 'one for two processors, at most 4, for databases from 1 GiB on whose rows are not mostly one table'},
  ),
  nice: setting(
    z.int(niceError).min(0, niceError).max(19, niceError).prefault(10),
    'How far a backup, with pg_dump and pg_restore, steps back behind other programs, for processors and disk: 0 not at all, 19 as far as possible.',
  ),
  ionice: setting(
    oneOf(['idle', 'best-effort']).optional(),
    'Class of the disk for the same programs, where `ionice` is: `idle` when nobody else wants the disk, `best-effort` as the last of all.',
    {fallback: 'what the system derives from backup.nice'},
  ),
  lockWait: setting(
    duration.prefault('60s'),
    'How long a dump waits for a table that somebody has locked; a migration that takes longer ends it.',
  ),
  proofCpus: setting(
    z.number(cpusError).positive(cpusError).optional(),
    'Processors that the container of a proof may use, in the compose runtime.',
    {fallback: 'all of them'},
  ),
  proofMemory: setting(
    size('2GiB, and at least 256MiB', leastMemory).optional(),
    'Memory that the container of a proof may use, in the compose runtime, with what its indexes are built in; at least 256 MiB.',
    {fallback: 'all there is'},
  ),
}
