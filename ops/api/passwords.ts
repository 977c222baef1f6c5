import {randomBytes, scrypt, timingSafeEqual} from 'node:crypto'
import {promisify} from 'node:util'

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt)

// OWASP's password storage sheet, scrypt: N = 2^15, r = 8, p = 3, which takes 32 MiB for a moment.
const cost = {N: 2 ** 15, r: 8, p: 3}
const memoryLimit = 64 * 1024 * 1024
const saltBytes = 16
const hashBytes = 32

/** Returns a line that holds everything needed to check the password later, and not the password. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes)
  const hash = await derive(normalize(password), salt, hashBytes, {...cost, maxmem: memoryLimit})
  return ['scrypt', cost.N, cost.r, cost.p, salt.toString('base64'), hash.toString('base64')].join('$')
}

/** Whether the password is the one that was hashed. It takes as long without a hash, so that nobody learns which accounts exist. */
export async function checkPassword(password: string, kept: string | null): Promise<boolean> {
  const [, N, r, p, salt, hash] = (kept ?? nobody).split('$')
  const expected = Buffer.from(hash!, 'base64')
  const given = await derive(normalize(password), Buffer.from(salt!, 'base64'), expected.length, {
    N: Number(N),
    r: Number(r),
    p: Number(p),
    maxmem: memoryLimit,
  })
  return timingSafeEqual(given, expected) && kept !== null
}

const nobody = [
  'scrypt',
  cost.N,
  cost.r,
  cost.p,
  Buffer.alloc(saltBytes).toString('base64'),
  Buffer.alloc(hashBytes).toString('base64'),
].join('$')

// The same letter can be typed in several ways.
function normalize(password: string): string {
  return password.normalize('NFKC')
}
