import {createHash} from 'node:crypto'
import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'

const sources = [
  'src',
  'ops/api',
  'scripts/build.mjs',
  'scripts/bundle.ts',
  'scripts/notices.ts',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
]

/** Where a build records what it was made from, relative to the project. */
export const buildStamp = 'dist/.fingerprint'

/** Returns a hash over the names and bytes of everything a build reads; times play no part, because git sets them freely. */
export function fingerprint(root) {
  const hash = createHash('sha256')
  for (const path of sources.flatMap((source) => filesOf(root, source)))
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0')
  return hash.digest('hex')
}

function filesOf(root, path) {
  const entries = readEntries(join(root, path))
  if (entries === null) return [path]
  const kept = entries.filter((entry) => entry.name !== 'node_modules')
  return kept.toSorted((a, b) => (a.name < b.name ? -1 : 1)).flatMap((entry) => filesOf(root, `${path}/${entry.name}`))
}

function readEntries(path) {
  try {
    return readdirSync(path, {withFileTypes: true})
  } catch (error) {
    if (error.code === 'ENOTDIR') return null
    throw error
  }
}
