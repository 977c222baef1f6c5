import {similarityIndex} from './migrations/001-domain.ts'
import type {Seeded} from './seed.ts'
import {phrases} from './seed-phrases.ts'

/** Returns the statements that fill empty tables, in order; they use `pg_temp.pick` and the temporary table `phrases`. */
export function fillTables(rows: Seeded): string[] {
  return [
    ...fillPeople(rows),
    ...fillMessages(rows),
    fillAttachments(rows),
    fillEvents(rows),
    fillSettings(rows),
    ...advanceSequences(rows),
  ]
}

const epoch = `timestamptz '2026-01-01 00:00:00+00'`

function fillPeople({users, channels}: Seeded): string[] {
  return [
    `INSERT INTO users (id, name, email, created_at)
     SELECT n, 'Member ' || n, 'member' || n || '@example.test', ${epoch} + n * interval '11 minutes' FROM generate_series(1, ${users}) AS n`,
    `INSERT INTO channels (id, owner_id, name, created_at)
     SELECT n, pg_temp.pick('owner', n, ${users}), 'channel-' || n, ${epoch} + n * interval '3 hours' FROM generate_series(1, ${channels}) AS n`,
  ]
}

// Every channel but the first few is quiet, as in life: the product of two picks leans towards low numbers.
function fillMessages({users, channels, messages}: Seeded): string[] {
  const choices = phrases.map((list, part) => `pg_temp.pick('phrase ${part}', n, ${list.length}) AS choice_${part}`).join(', ')
  const joins = phrases
    .map((_, part) => `JOIN phrases AS p${part} ON p${part}.part = ${part} AND p${part}.number = choice_${part}`)
    .join(' ')
  return [
    `DROP INDEX messages_embedding_idx`,
    `INSERT INTO messages (id, channel_id, author_id, body, embedding, created_at)
     SELECT n, 1 + (channel_a::bigint * channel_b / ${channels + 1}), author, ${joinParts('text', ` || ' ' || `)},
       l2_normalize(${joinParts('embedding', ' + ')}), ${epoch} + n * interval '4 minutes'
     FROM (
       SELECT n, pg_temp.pick('a', n, ${channels}) - 1 AS channel_a, pg_temp.pick('b', n, ${channels}) AS channel_b,
         pg_temp.pick('author', n, ${users}) AS author, ${choices}
       FROM generate_series(1, ${messages}) AS n
     ) AS picked ${joins} ORDER BY n`,
    similarityIndex,
  ]
}

function joinParts(column: string, operator: string): string {
  return phrases.map((_, part) => `p${part}.${column}`).join(operator)
}

function fillAttachments({messages, attachments}: Seeded): string {
  return `
    INSERT INTO attachments (id, message_id, file_name, content)
    SELECT n, pg_temp.pick('message', n, ${messages}), 'report-' || n || '.log', (
      SELECT string_agg('line ' || line || ' ' || md5(n || ' ' || line) || ' ' || n * line, E'\\n' ORDER BY line)
      FROM generate_series(1, 20 + pg_temp.pick('length', n, 100)) AS line
    )
    FROM generate_series(1, ${attachments}) AS n`
}

function fillEvents({users, channels, events}: Seeded): string {
  return `
    INSERT INTO events (id, kind, payload, created_at)
    SELECT n, (ARRAY['login', 'logout', 'message.read', 'channel.joined', 'file.opened'])[pg_temp.pick('kind', n, 5)],
      jsonb_build_object('user', pg_temp.pick('user', n, ${users}), 'channel', pg_temp.pick('channel', n, ${channels}), 'milliseconds', pg_temp.pick('time', n, 900)),
      ${epoch} + n * interval '8 minutes'
    FROM generate_series(1, ${events}) AS n`
}

// One key twice, because nothing forbids it: a table without a key must survive a backup too.
function fillSettings({settings}: Seeded): string {
  return `
    INSERT INTO settings (key, value)
    SELECT 'setting-' || n % 11, 'value ' || n FROM generate_series(1, ${settings}) AS n`
}

function advanceSequences(rows: Seeded): string[] {
  const owned = (['users', 'channels', 'messages', 'attachments', 'events'] as const).map(
    (table) => `SELECT setval(pg_get_serial_sequence('${table}', 'id'), ${rows[table]})`,
  )
  return [...owned, `SELECT setval('invoice_number_seq', ${1_000 + rows.users})`]
}
