import {glob, readFile} from 'node:fs/promises'
import path from 'node:path'

export interface VolumeRemoval {
  file: string
  text: string
}

/** Words of a command that takes volumes along, once `rm` or `down` stands before them. */
const alongside = /^(?:--volumes?(?:=.*)?|-[a-z]*v[a-z]*)$/

/** Returns everything in a source that would remove a volume: command lines word by word or in one string, and requests to the engine. */
export function volumeRemovalsIn(source: string): string[] {
  const code = source.replace(/^\s*(?:\/\/|\/?\*).*$/gm, '')
  const lists = [...code.matchAll(/\[[^[\]]*\]/g)].map(([list]) => list).filter((list) => isRemoval(wordsOf(list)))
  const strings = [...code.matchAll(/'[^'\n]*'|"[^"\n]*"|`[^`]*`/g)].map(([text]) => text).filter(isRemovalInText)
  return [...lists, ...strings].map((text) => text.replace(/\s+/g, ' '))
}

/** Returns what the program itself has of them, by file. */
export async function volumeRemovals(root: string): Promise<VolumeRemoval[]> {
  const found: VolumeRemoval[] = []
  for await (const file of glob(['src/**/*.ts', 'bin/*.js'], {cwd: root})) {
    for (const text of volumeRemovalsIn(await readFile(path.join(root, file), 'utf8'))) found.push({file, text})
  }
  return found
}

function wordsOf(list: string): string[] {
  return [...list.matchAll(/'([^'\n]*)'|"([^"\n]*)"|`([^`]*)`/g)].map(([, ...texts]) => texts.find((text) => text !== undefined) ?? '')
}

function isRemoval(words: readonly string[]): boolean {
  const has = (...wanted: string[]) => wanted.some((word) => words.includes(word))
  return (
    (has('volume') && has('rm', 'remove', 'prune')) || (has('rm', 'remove', 'down', 'prune') && words.some((word) => alongside.test(word)))
  )
}

function isRemovalInText(text: string): boolean {
  return [
    /\bvolume\s+(?:rm|remove|prune)\b/,
    /\b(?:docker|container|compose)\b[^\n]*\b(?:rm|down|prune)\b[^\n]*\s(?:--volumes?\b|-[a-z]*v[a-z]*\b)/,
    // The engine takes the volumes of a container along with it where the request says so.
    /\/containers\/.*[?&]v=/,
    /^.\/(?:v[\d.]+\/)?volumes(?:\/|$|.$|\?)/,
  ].some((pattern) => pattern.test(text))
}
