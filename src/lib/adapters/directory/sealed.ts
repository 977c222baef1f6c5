import {createHash} from 'node:crypto'
import {readFile} from 'node:fs/promises'
import {replaceDurably} from './durable.ts'

/** Contents of a sealed file, or why they cannot be trusted, to stand behind a noun. */
export type Unsealed = {contents: unknown} | {reason: string}

/** Writes JSON that carries the SHA-256 of everything else in it, so that a single flipped byte shows. Throws `noSpace`. */
export async function writeSealed(path: string, contents: object): Promise<void> {
  await replaceDurably(path, sealed(contents))
}

/** Returns contents as the text of a sealed file. */
export function sealed(contents: object): string {
  return `${JSON.stringify({...contents, checksum: checksumOf(contents)}, null, 2)}\n`
}

/** Returns what `writeSealed` wrote, or what has become of it; one file that is broken must not hide the others, so nothing is thrown. */
export async function readSealed(path: string): Promise<Unsealed> {
  try {
    return unsealed(await readFile(path, 'utf8'))
  } catch (error) {
    const {code} = error as {code?: string}
    if (code === undefined) return {reason: 'is damaged'}
    return {reason: code === 'ENOENT' || code === 'ENOTDIR' ? 'is missing' : `cannot be read (${code})`}
  }
}

/** Returns what the text of a sealed file holds. */
export function unsealed(text: string): Unsealed {
  try {
    const {checksum, ...contents} = JSON.parse(text) as {checksum?: unknown}
    return checksum === checksumOf(contents) ? {contents} : {reason: 'is damaged'}
  } catch {
    // What is no JSON was cut or changed; the words for it are the same.
    return {reason: 'is damaged'}
  }
}

// Over the meaning rather than the bytes, so that a set survives being reformatted on its way through other tools.
function checksumOf(contents: object): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(contents)).digest('hex')}`
}
