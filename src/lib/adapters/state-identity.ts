import {randomBytes} from 'node:crypto'
import {link, mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {explainAccess} from './directory/access.ts'

const form = /^[0-9a-f]{16}$/

/**
 * Returns a word that is kept in a state folder and tells it from every other, on this machine and on others. Whoever has the same one shares our
 * locks; what another one left running may be at work. Throws `denied` or `noSpace`.
 */
export async function stateIdentity(folder: string): Promise<string> {
  const file = join(folder, 'identity')
  return explainAccess(file, async () => (await read(file)) ?? make(folder, file))
}

async function read(file: string): Promise<string | null> {
  const text = await readFile(file, 'utf8').catch((error: {code?: string}) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  return form.test(text.trim()) ? text.trim() : null
}

/** Linking a finished file into place is atomic, so that runs which begin at the same time agree on one. */
async function make(folder: string, file: string): Promise<string> {
  await mkdir(folder, {recursive: true, mode: 0o700})
  const word = randomBytes(8).toString('hex')
  const draft = `${file}.${word}`
  try {
    await writeFile(draft, `${word}\n`, {mode: 0o600})
    await link(draft, file).catch(async (error: {code?: string}) => {
      if (error.code !== 'EEXIST') throw error
      // What is there now was written by another run in between, or cut short by a crash and of no use.
      if ((await read(file)) === null) await rename(draft, file)
    })
    return (await read(file)) ?? word
  } finally {
    await rm(draft, {force: true})
  }
}
