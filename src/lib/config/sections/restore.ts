import {z} from 'zod'
import {duration, oneOf, section, setting, argv} from '../kinds.ts'

const jobsError = {error: 'expected a number of processes between 1 and 64'}

/** What happens to the API around the swap of a restore. */
export const restore = section({
  api: setting(
    oneOf(['leave', 'restart', 'stop', 'readonly']).prefault('leave'),
    'What happens to the service of the API: `restart` it after the swap, `stop` it for the swap, `leave` it to connect again by itself, or `readonly`: the database takes no writes from the beginning of the restore to the swap, after which the service is restarted where there is one.',
  ),
  before: setting(
    argv.optional(),
    'Program to run before the swap, word by word, where the API is no service of Compose; the restore ends when it fails.',
  ),
  after: setting(argv.optional(), 'Program to run after the swap, and after a swap that failed.'),
  jobs: setting(
    z.int(jobsError).min(1, jobsError).max(64, jobsError).optional(),
    'Processes that load a backup at once, in restores and proofs: 1 streams it, several need room to lay it down as a file beside the server.',
    {fallback: 'as many as processors (half of them on a live server), at most 8, for dumps from 64 MiB on'},
  ),
  startLimit: setting(duration.prefault('2m'), 'How long the API may take to be healthy again.'),
})
