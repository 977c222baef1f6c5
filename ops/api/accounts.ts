import type {Queryable} from './database.ts'
import {checkPassword, hashPassword} from './passwords.ts'

export interface Account {
  userId: number
  name: string
}

export interface Accounts {
  /** Returns the account when the password is right, and null when it is not or there is no such account. */
  identify(email: string, password: string): Promise<Account | null>
}

/** Returns the accounts kept in PostgreSQL. */
export function databaseAccounts(database: Queryable): Accounts {
  return {
    async identify(email, password) {
      const {rows} = await database.query<Account & {passwordHash: string}>(
        `SELECT users.id::integer AS "userId", users.name, credentials.password_hash AS "passwordHash"
         FROM users JOIN credentials ON credentials.user_id = users.id WHERE users.email = $1`,
        [email],
      )
      const found = rows[0] ?? null
      if (!(await checkPassword(password, found?.passwordHash ?? null)) || !found) return null
      return {userId: found.userId, name: found.name}
    },
  }
}

/** Sets the password of an existing user, and ends the sessions kept in PostgreSQL. Throws when there is no such user. */
export async function setPassword(database: Queryable, email: string, password: string): Promise<void> {
  if (password.length < 12) throw new Error('a password has at least 12 characters')
  const {rowCount} = await database.query(
    `WITH user_of AS (SELECT id FROM users WHERE email = $1),
       ended AS (DELETE FROM sessions WHERE user_id IN (SELECT id FROM user_of))
     INSERT INTO credentials (user_id, password_hash) SELECT id, $2 FROM user_of
     ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, changed_at = now()`,
    [email, await hashPassword(password)],
  )
  if (rowCount === 0) throw new Error('there is no user with this address')
}
