import {createHmac, timingSafeEqual} from 'node:crypto'
import type {Pool, PoolClient} from 'pg'
import {databaseMessages, type Measure} from './messages.ts'
import {Problem} from './problem.ts'
import {newMessageSchema} from './routes/messages.ts'
import type {WebhookEvent} from './routes/webhooks.ts'

export interface Delivery {
  id: string
  /** Seconds since 1970, as the sender wrote it. */
  timestamp: string
  /** `v1,` and the signature in base64; several are separated by spaces. */
  signatures: string
  body: string
}

export interface WebhookSettings {
  /** Several while one is being replaced by the next. */
  secrets: readonly string[]
  /** How far the sender's clock may be off, and how long a delivery may travel. */
  toleranceSeconds: number
}

/** Throws a 401 unless one of the secrets signed exactly this delivery, and lately (standardwebhooks.com). */
export function verifyDelivery(delivery: Delivery, {secrets, toleranceSeconds}: WebhookSettings, now = Date.now()): void {
  const given = delivery.signatures.split(' ').flatMap((part) => (part.startsWith('v1,') ? part.slice(3) : []))
  const expected = secrets.map((secret) => sign(delivery, secret))
  if (!expected.some((one) => given.some((other) => isSame(one, other))))
    throw new Problem(401, 'signature', 'The signature is missing or wrong.')
  // After the signature, so that only the true sender learns about our clock.
  if (!(Math.abs(now / 1000 - Number(delivery.timestamp)) <= toleranceSeconds))
    throw new Problem(401, 'stale', `The timestamp is more than ${toleranceSeconds} s off.`)
}

/** Returns the signature of a delivery in base64: HMAC-SHA-256 over id, timestamp and body. A secret is base64, mostly after `whsec_`. */
export function sign({id, timestamp, body}: Omit<Delivery, 'signatures'>, secret: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  return createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
}

export interface AcceptedEvent {
  id: string
  event: WebhookEvent
  settings: WebhookSettings
  measure: Measure
}

/** Keeps the event, and the message that it carries, in one transaction. Throws a 409 when the delivery came before. */
export async function keepEvent(pool: Pool, {id, event, settings, measure}: AcceptedEvent): Promise<void> {
  await measure('webhooks.keep', null, () =>
    acceptOnce(pool, id, settings, async (client) => {
      await client.query('INSERT INTO events (kind, payload) VALUES ($1, $2)', [`webhook.${event.type}`, JSON.stringify(event.data)])
      if (event.type === 'message.received') await databaseMessages(client, measure).add(newMessageSchema.parse(event.data))
    }),
  )
}

async function acceptOnce(pool: Pool, id: string, settings: WebhookSettings, work: (client: PoolClient) => Promise<void>): Promise<void> {
  const client = await pool.connect()
  let broken = true
  try {
    await client.query('BEGIN')
    // What is older than the tolerance on both sides is refused by its timestamp already.
    await client.query(`DELETE FROM webhook_deliveries WHERE received_at < now() - $1 * interval '1 second'`, [
      settings.toleranceSeconds * 2,
    ])
    const {rowCount} = await client.query('INSERT INTO webhook_deliveries (id) VALUES ($1) ON CONFLICT DO NOTHING', [id])
    if (rowCount === 0) throw new Problem(409, 'replay', 'This delivery was received before.')
    await work(client)
    await client.query('COMMIT')
    broken = false
  } catch (error) {
    // The first error is the one to tell; a session that cannot roll back is thrown away below.
    broken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    )
    throw error
  } finally {
    client.release(broken)
  }
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
