import {z} from 'zod'
import {duration, section, setting, text, webAddress} from '../kinds.ts'

const expectation = z
  .union([z.string(), z.number(), z.boolean()], {error: 'expected a value, or a comparison such as ">= 1"'})
  .transform(String)

const query = section({
  name: setting(text, 'What the query is called in reports.'),
  query: setting(text, 'A SELECT that answers with one value.'),
  expect: setting(expectation, 'That value, or a comparison such as `>= 1`.'),
})

/** What `sparkone drill` asks of a restored backup. */
export const drill = section({
  from: setting(text.optional(), 'Place to take the backup from: local, or a target off-site.', {
    fallback: 'whichever target off-site has the newest; local where there is none',
  }),
  sql: setting(z.array(query, {error: 'expected a list of queries'}).prefault([]), 'Queries that the restored database must answer.'),
  command: setting(
    z.array(text, {error: 'expected a list of words'}).min(1, {error: 'expected a list of words'}).optional(),
    'Program to run on the restored database, word by word, such as the API; DATABASE_URL names the database.',
  ),
  url: setting(webAddress.optional(), 'Address at which the program must answer with 200; without it, the program must end with 0.'),
  startLimit: setting(duration.prefault('2m'), 'How long the program may take.'),
  maxAge: setting(duration.prefault('35d'), 'Age of the last drill from which health warns.'),
}).refine((value) => value.url === undefined || value.command !== undefined, {error: 'expected command where url is set'})

/** What recovery is measured against. */
export const objectives = section({
  rto: setting(duration.prefault('1h'), 'Recovery time objective: how soon the data must be back.'),
  rpo: setting(duration.prefault('24h'), 'Recovery point objective: how much of the newest data may be lost.'),
})
