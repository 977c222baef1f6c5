import {existsSync, linkSync, readdirSync, statSync} from 'node:fs'
import {join} from 'node:path'

const dayMilliseconds = 24 * 60 * 60 * 1000

/** Keeps, in the chunks of a new build at `to`, those of the one before at `from` that were made within a day: a backup that runs meanwhile still loads some of them. */
export function keepChunks(from: string, to: string, now = Date.now()): void {
  for (const name of existsSync(from) ? readdirSync(from) : []) {
    const [old, kept] = [join(from, name), join(to, name)]
    // A link, unlike a copy, keeps the time at which it was made.
    if (!existsSync(kept) && statSync(old).mtimeMs > now - dayMilliseconds) linkSync(old, kept)
  }
}
