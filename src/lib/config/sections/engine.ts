import {z} from 'zod'
import {duration, oneOf, path, section, setting, text} from '../kinds.ts'

const argv = z.array(text, {error: 'expected a list of words'}).min(1, {error: 'expected a list of words'})

const repository = z.int({error: 'expected a number, 1 or more'}).min(1, {error: 'expected a number, 1 or more'})

/** What makes backups of the database, and how the one that is no part of sparkone is driven. */
export const engine = {
  engine: setting(
    oneOf(['pg_dump', 'pgbackrest']).prefault('pg_dump'),
    'What backs up the database: dumps, or pgBackRest (host runtime only) for databases that a dump takes too long for.',
  ),
  pgbackrest: setting(
    section({
      stanza: setting(text.optional(), 'Stanza of pgBackRest that the server belongs to.', {
        fallback: 'the only one in the configuration of pgBackRest',
      }),
      config: setting(path.optional(), 'Configuration file of pgBackRest, which is read and never written.', {
        path: true,
        fallback: '/etc/pgbackrest/pgbackrest.conf, otherwise /etc/pgbackrest.conf',
      }),
      command: setting(argv.prefault(['pgbackrest']), 'How pgBackRest is called, word by word.'),
      repository: setting(repository.optional(), 'Number of the repository, where pgBackRest has several.', {
        fallback: 'that which pgBackRest chooses',
      }),
      fullEvery: setting(duration.prefault('7d'), 'Age of the newest full backup from which the next is full.'),
      between: setting(
        oneOf(['diff', 'incr']).prefault('diff'),
        'What is made in between: what changed since the last full backup, or since the last of any kind.',
      ),
      stop: setting(
        argv.optional(),
        'Command that stops the server, word by word; with `start`, restore puts the recovered server in place.',
      ),
      start: setting(argv.optional(), 'Command that starts the server.'),
    })
      .refine((value) => (value.stop === undefined) === (value.start === undefined), {error: 'expected stop and start together'})
      .prefault({}),
    'pgBackRest.',
  ),
}
