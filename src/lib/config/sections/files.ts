import {z} from 'zod'
import {duration, path, section, setting, text} from '../kinds.ts'

const patterns = z.array(text, {error: 'expected a list of patterns such as ops/**/*.yml'})

/** Which files of the project `backup --files` stores. */
export const files = setting(
  section({
    folder: setting(path.optional(), 'Folder that the patterns below are relative to; nothing outside of it is ever stored.', {
      path: true,
      fallback: 'the folder of sparkone.yml, otherwise that of the first Compose file',
    }),
    include: setting(
      patterns.optional(),
      'What is stored: `*` stands for any characters of a name, `**` for any folders, `{a,b}` for either; a folder brings everything in it.',
      {fallback: '`sparkone.yml`, `.env`, `.env.*`, Compose files, `ops` and `outputs`, as far as they are there'},
    ),
    exclude: setting(
      patterns.prefault([]),
      'What is not, in the same words. Never stored are `node_modules`, `.git/objects`, the backups themselves and private keys of `backup.encryption`.',
    ),
    maxAge: setting(
      duration.optional(),
      'Age of the newest proven backup of files from which health warns, where files are scheduled or named.',
      {fallback: '8d, a week and a day'},
    ),
  }).prefault({}),
  'Backups of files.',
)

/** What is stored where `include` says nothing. */
export const standardFiles = ['sparkone.{yml,yaml}', '.env', '.env.*', '{docker-,}compose*.{yml,yaml}', 'ops', 'outputs']
