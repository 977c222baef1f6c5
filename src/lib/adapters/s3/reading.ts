import {createHash} from 'node:crypto'
import {GetObjectCommand} from '@aws-sdk/client-s3'
import type {Member} from '../../domain/backup-set.ts'
import {abortError, OperatorError} from '../../errors.ts'
import type {Bytes} from '../../ports.ts'
import type {Connection} from './connection.ts'
import {mayPass, WrongAnswer} from './failures.ts'

export interface Source {
  connection: Connection
  bucket: string
  key: string
  /** How it is called for people. */
  location: string
}

/** How often a stream that breaks is taken up again without a single byte in between. */
const fruitlessTries = 4

/** Streams an object. A connection that breaks is taken up where it broke, and only while it is still the same object. */
export async function* readObject(source: Source): Bytes {
  const {connection, location} = source
  let [received, tag, fruitless] = [0, '', 0]
  for (;;) {
    const answer = await connection.run(`give ${location}`, (client, options) => client.send(requestFor(source, received, tag), options))
    const total = received + (answer.ContentLength ?? 0)
    tag = answer.ETag ?? ''
    const before = received
    try {
      for await (const chunk of answer.Body as AsyncIterable<Uint8Array>) {
        received += chunk.length
        yield chunk
      }
      if (received >= total) return
      throw new WrongAnswer(`${location} ended after ${received} of ${total} bytes`)
    } catch (error) {
      fruitless = received > before ? 0 : fruitless + 1
      assertMayGoOn(source, error, fruitless)
    }
  }
}

function requestFor({bucket, key}: Source, received: number, tag: string): GetObjectCommand {
  return new GetObjectCommand({Bucket: bucket, Key: key, ...(received > 0 && {Range: `bytes=${received}-`, IfMatch: tag})})
}

function assertMayGoOn({connection, location}: Source, error: unknown, fruitless: number): void {
  if (connection.signal.aborted) throw abortError(connection.signal)
  if (!mayPass(error) || fruitless > fruitlessTries) throw connection.explain(error, `give ${location} to its end`)
}

/** Streams a member of a copy. Throws `corrupt`, after its last byte, when it is not what was written. */
export async function* readVerifiedObject(source: Source, member: Member): Bytes {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const chunk of readObject(source)) {
    hash.update(chunk)
    bytes += chunk.length
    yield chunk
  }
  if (bytes !== member.bytes) throw damaged(`${source.location} has ${bytes} bytes; ${member.bytes} were written.`)
  if (hash.digest('hex') !== member.sha256) {
    throw damaged(`${source.location} is damaged: its SHA-256 is not the one recorded when it was written.`)
  }
}

function damaged(message: string): OperatorError {
  return new OperatorError('corrupt', message, {hint: 'Use another backup: sparkone restore --list'})
}
