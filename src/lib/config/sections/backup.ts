import {z} from 'zod'
import {encryption} from './encryption.ts'
import {engine} from './engine.ts'
import {files} from './files.ts'
import {duration, path, section, setting, text} from '../kinds.ts'
import {hooks} from './hooks.ts'
import {offsite} from './offsite.ts'
import {anomaly, retention} from './retention.ts'
import {impact} from './impact.ts'

/** What the file says of backups. */
export const backup = section({
  directory: setting(path.optional(), 'Folder that backup sets are kept in.', {
    path: true,
    fallback: '/var/backups/sparkone as root, otherwise ~/.local/share/sparkone/backups',
  }),
  databases: setting(
    z
      .array(text, {error: 'expected a list of databases'})
      .refine((names) => names.length !== 1 && new Set(names).size === names.length, {
        error: 'expected several databases, each once; a single one is database.name',
      })
      .prefault([]),
    'Databases of the server that are backed up, a set each; without it the one of `database.name`.',
    {variables: ['SPARKONE_DATABASES'], read: 'list'},
  ),
  maxAge: setting(duration.prefault('26h'), 'Age of the newest proven backup from which health warns.'),
  ...engine,
  encryption,
  files,
  offsite,
  retention,
  anomaly,
  hooks: setting(
    hooks({
      before: 'Program to run before anything is read or made, word by word; the backup ends when it fails.',
      after: 'Program to run when the backup is made; when it fails, the backup stays, with a warning.',
      failed: 'Program to run when no backup was made, also after Ctrl-C.',
    }).prefault({}),
    'Programs to run around `sparkone backup`, for each database; SPARKONE_SET, SPARKONE_KIND, SPARKONE_DATABASE, SPARKONE_LOCATION, SPARKONE_OUTCOME (`done`, `warning`, `failed`), SPARKONE_EXIT_CODE and SPARKONE_ERROR tell them of which, and a line of JSON on their standard input.',
  ),
  ...impact,
  allowEmpty: setting(
    z.boolean({error: 'expected true or false'}).prefault(false),
    'Whether a backup without a single row counts as a backup.',
  ),
})
