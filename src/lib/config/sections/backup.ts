import {z} from 'zod'
import {encryption} from './encryption.ts'
import {engine} from './engine.ts'
import {files} from './files.ts'
import {duration, path, section, setting, text} from '../kinds.ts'
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
  ...impact,
  allowEmpty: setting(
    z.boolean({error: 'expected true or false'}).prefault(false),
    'Whether a backup without a single row counts as a backup.',
  ),
})
