import type {Queryable} from './database.ts'
import {embed, toVectorLiteral} from './embedding.ts'

/** Does `work`, and takes the time and the trace of it. */
export type Measure = <T>(operation: string, statement: string | null, work: () => Promise<T>) => Promise<T>

export interface NewMessage {
  channelId: number
  authorId: number
  body: string
}

export interface SimilarMessage {
  id: number
  channelId: number
  body: string
  /** Cosine distance: 0 is the same direction, 2 the opposite one. */
  distance: number
}

export interface Statistics {
  users: number
  channels: number
  messages: number
  attachments: number
  events: number
  newestMessageAt: string | null
}

export interface Messages {
  /** Stores a message and returns its id. Rejects with PostgreSQL's 23503 when channel or author do not exist. */
  add(message: NewMessage): Promise<{id: number; createdAt: string}>
  /** Returns the nearest messages, nearest first. */
  similar(text: string, count: number): Promise<SimilarMessage[]>
  /** Returns exact counts. */
  statistics(): Promise<Statistics>
}

/** Returns the messages kept in PostgreSQL; `measure` takes the time of each query. */
export function databaseMessages(database: Queryable, measure: Measure): Messages {
  function query<Row extends object>(operation: string, sql: string, values: unknown[] = []) {
    return measure(operation, sql, () => database.query<Row>(sql, values))
  }
  return {
    async add({channelId, authorId, body}) {
      const {rows} = await query<{id: string; createdAt: Date}>(
        'messages.add',
        `INSERT INTO messages (channel_id, author_id, body, embedding) VALUES ($1, $2, $3, $4) RETURNING id, created_at AS "createdAt"`,
        [channelId, authorId, body, toVectorLiteral(embed(body))],
      )
      return {id: Number(rows[0]!.id), createdAt: rows[0]!.createdAt.toISOString()}
    },
    async similar(text, count) {
      const {rows} = await query<SimilarMessage>(
        'messages.similar',
        `SELECT id::integer, channel_id::integer AS "channelId", body, distance FROM similar_messages($1::vector, $2)`,
        [toVectorLiteral(embed(text)), count],
      )
      return rows
    },
    async statistics() {
      const {rows} = await query<Omit<Statistics, 'newestMessageAt'> & {newestMessageAt: Date | null}>('statistics', statisticsQuery)
      return {...rows[0]!, newestMessageAt: rows[0]!.newestMessageAt?.toISOString() ?? null}
    },
  }
}

const statisticsQuery = `
  SELECT
    (SELECT count(*)::integer FROM users) AS users,
    (SELECT count(*)::integer FROM channels) AS channels,
    (SELECT count(*)::integer FROM messages) AS messages,
    (SELECT count(*)::integer FROM attachments) AS attachments,
    (SELECT count(*)::integer FROM events) AS events,
    (SELECT max(created_at) FROM messages) AS "newestMessageAt"`
