import {z} from 'zod'
import {encryption} from './encryption.ts'
import {files} from './files.ts'
import {duration, path, section, setting} from '../kinds.ts'
import {offsite} from './offsite.ts'
import {anomaly, retention} from './retention.ts'

/** What the file says of backups. */
export const backup = section({
  directory: setting(path.optional(), 'Folder that backup sets are kept in.', {
    path: true,
    fallback: '/var/backups/sparkone as root, otherwise ~/.local/share/sparkone/backups',
  }),
  maxAge: setting(duration.prefault('26h'), 'Age of the newest proven backup from which health warns.'),
  encryption,
  files,
  offsite,
  retention,
  anomaly,
  allowEmpty: setting(
    z.boolean({error: 'expected true or false'}).prefault(false),
    'Whether a backup without a single row counts as a backup.',
  ),
})
