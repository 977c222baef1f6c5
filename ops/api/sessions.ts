import {createHash, randomBytes} from 'node:crypto'
import {z} from 'zod'
import type {Queryable} from './database.ts'
import type {RedisStore} from './redis.ts'

export interface Session {
  userId: number
  name: string
  /** Milliseconds since 1970. */
  expiresAt: number
  rotatedAt: number
}

/** Keeps sessions under the digest of their id, so that nobody can log in with what a store or a backup shows. */
export interface SessionStore {
  get(digest: string): Promise<Session | null>
  put(digest: string, session: Session, seconds: number): Promise<void>
  delete(digest: string): Promise<void>
}

export interface SessionSettings {
  lifetimeSeconds: number
  rotationSeconds: number
}

export interface Sessions {
  /** Returns the id of a new session. */
  start(account: {userId: number; name: string}): Promise<{id: string; session: Session}>
  /** Returns the session, and a new id when the old one was due to be replaced; null when there is none. */
  resume(id: string): Promise<{id: string; session: Session} | null>
  end(id: string): Promise<void>
}

// Requests that were sent side by side with the old id must still find the session.
const graceSeconds = 30

/** Returns sessions over a store. Ids are replaced while they are in use, so that a stolen one is soon worth nothing. */
export function createSessions(store: SessionStore, {lifetimeSeconds, rotationSeconds}: SessionSettings, now = Date.now): Sessions {
  async function keep(session: Session): Promise<{id: string; session: Session}> {
    const id = randomBytes(32).toString('base64url')
    await store.put(digestOf(id), session, Math.max(1, Math.ceil((session.expiresAt - now()) / 1000)))
    return {id, session}
  }
  return {
    start: ({userId, name}) => keep({userId, name, expiresAt: now() + lifetimeSeconds * 1000, rotatedAt: now()}),
    async resume(id) {
      const session = await store.get(digestOf(id))
      if (session === null || session.expiresAt <= now()) return null
      if (now() - session.rotatedAt < rotationSeconds * 1000) return {id, session}
      const renewed = await keep({...session, rotatedAt: now()})
      // Marked as fresh, so that the old id lives through its grace without making more new ones.
      await store.put(digestOf(id), renewed.session, graceSeconds)
      return renewed
    },
    end: (id) => store.delete(digestOf(id)),
  }
}

const shape = z.object({userId: z.number(), name: z.string(), expiresAt: z.number(), rotatedAt: z.number()})
const keyOf = (digest: string) => `sparkone:session:${digest}`

/** Returns the store in Redis, where sessions go by themselves when their time is over. */
export function redisSessions(store: RedisStore): SessionStore {
  return {
    async get(digest) {
      const text = await store.run((client) => client.get(keyOf(digest)))
      return text === null ? null : shape.parse(JSON.parse(text))
    },
    async put(digest, session, seconds) {
      await store.run((client) => client.set(keyOf(digest), JSON.stringify(session), 'EX', seconds))
    },
    async delete(digest) {
      await store.run((client) => client.del(keyOf(digest)))
    },
  }
}

/** Returns the store in PostgreSQL, for stacks without Redis. */
export function databaseSessions(database: Queryable): SessionStore {
  return {
    async get(digest) {
      const {rows} = await database.query<{content: unknown}>('SELECT content FROM sessions WHERE digest = $1 AND ends_at > now()', [
        digest,
      ])
      return rows[0] ? shape.parse(rows[0].content) : null
    },
    async put(digest, session, seconds) {
      await database.query(
        `WITH over AS (DELETE FROM sessions WHERE ends_at < now() AND digest <> $1)
         INSERT INTO sessions (digest, user_id, content, ends_at) VALUES ($1, $2, $3, now() + $4 * interval '1 second')
         ON CONFLICT (digest) DO UPDATE SET content = excluded.content, ends_at = excluded.ends_at`,
        [digest, session.userId, JSON.stringify(session), seconds],
      )
    },
    async delete(digest) {
      await database.query('DELETE FROM sessions WHERE digest = $1', [digest])
    },
  }
}

function digestOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url')
}
