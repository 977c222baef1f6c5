import {createCipheriv, createDecipheriv, createHash, randomBytes, scryptSync} from 'node:crypto'
import {readdir, readFile, rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import type {Dated} from '../../../src/lib/domain/retention-policy.ts'

/** A key file of a restic repository: its master key, sealed with a key that scrypt makes of the password. */
interface KeyFile {
  N: number
  r: number
  p: number
  salt: string
  data: string
}

/**
 * Fills a new repository of restic with snapshots of the given times and tags, and makes its key cheap to derive. Taken one by one they would
 * need minutes, since restic 0.14 holds each run up for its lock and each key costs it a fifth of a second; what it forgets does not depend on that.
 */
export async function fillRepository(repository: string, password: string, backups: readonly Dated[], timeZone: string): Promise<void> {
  const master = await lightenKey(path.join(repository, 'keys'), password)
  const template = {tree: '0'.repeat(64), paths: ['/data'], hostname: 'shop', username: 'operator'}
  for (const {time, tags} of backups) {
    const snapshot = {...template, time: wallClock(time, timeZone), ...(tags.length > 0 && {tags})}
    await writeNamed(path.join(repository, 'snapshots'), seal(Buffer.from(JSON.stringify(snapshot)), master))
  }
}

/** Returns a time as clocks of the zone show it, with their distance to UTC. */
function wallClock(time: number, timeZone: string): string {
  const shown = new Intl.DateTimeFormat('sv-SE', {timeZone, dateStyle: 'short', timeStyle: 'medium'}).format(time).replace(' ', 'T')
  const minutes = (Date.parse(`${shown}Z`) - time) / 60_000
  return `${shown}+${[Math.floor(minutes / 60), minutes % 60].map((part) => String(part).padStart(2, '0')).join(':')}`
}

/** Replaces the one key by another for the same password, and returns the master key that it seals. */
async function lightenKey(folder: string, password: string): Promise<Keys> {
  const [name = ''] = await readdir(folder)
  const file = JSON.parse(await readFile(path.join(folder, name), 'utf8')) as KeyFile
  const master = open(Buffer.from(file.data, 'base64'), derive(file, password))
  const cheap = {...file, N: 2, r: 1, p: 1}
  const data = seal(master, derive(cheap, password)).toString('base64')
  await writeNamed(folder, Buffer.from(JSON.stringify({...cheap, data})))
  await rm(path.join(folder, name), {force: true})
  const {mac, encrypt} = JSON.parse(master.toString()) as {mac: {k: string; r: string}; encrypt: string}
  const [encryption, k, r] = [encrypt, mac.k, mac.r].map((part) => Buffer.from(part, 'base64')) as [Buffer, Buffer, Buffer]
  return {encryption, k, r}
}

/** Every file of a repository is named after its contents. */
async function writeNamed(folder: string, contents: Buffer): Promise<void> {
  await writeFile(path.join(folder, createHash('sha256').update(contents).digest('hex')), contents)
}

interface Keys {
  encryption: Buffer
  /** The two halves of a key of Poly1305-AES. */
  k: Buffer
  r: Buffer
}

function derive({N, r, p, salt}: KeyFile, password: string): Keys {
  const bytes = scryptSync(password, Buffer.from(salt, 'base64'), 64, {N, r, p, maxmem: 256 * 1024 * 1024})
  return {encryption: bytes.subarray(0, 32), k: bytes.subarray(32, 48), r: bytes.subarray(48, 64)}
}

/** Nonce, AES-256 in counter mode, tag. */
function seal(text: Buffer, keys: Keys): Buffer {
  const nonce = randomBytes(16)
  const encrypted = createCipheriv('aes-256-ctr', keys.encryption, nonce).update(text)
  return Buffer.concat([nonce, encrypted, tagOf(encrypted, nonce, keys)])
}

function open(sealed: Buffer, keys: Keys): Buffer {
  const [nonce, encrypted, tag] = [sealed.subarray(0, 16), sealed.subarray(16, -16), sealed.subarray(-16)]
  if (!tagOf(encrypted, nonce, keys).equals(tag)) throw new Error('The key of the restic repository has another form than expected.')
  return createDecipheriv('aes-256-ctr', keys.encryption, nonce).update(encrypted)
}

/** Poly1305-AES: a polynomial over the blocks of the message, modulo 2^130 - 5, plus the encrypted nonce. */
function tagOf(message: Buffer, nonce: Buffer, {k, r}: Keys): Buffer {
  const prime = 2n ** 130n - 5n
  const point = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn
  let sum = 0n
  for (let start = 0; start < message.length; start += 16) {
    const block = Buffer.concat([message.subarray(start, start + 16), Buffer.of(1)])
    sum = ((sum + littleEndian(block)) * point) % prime
  }
  const encryptedNonce = createCipheriv('aes-128-ecb', k, null).setAutoPadding(false).update(nonce)
  const tag = (sum + littleEndian(encryptedNonce)) % 2n ** 128n
  return Buffer.from(Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').toReversed())
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes.toReversed()).toString('hex')}`)
}
