import {createRequire, syncBuiltinESMExports} from 'node:module'

type Functions = Record<string, (...words: unknown[]) => unknown>

const load = createRequire(import.meta.url)

const writing =
  'appendFile chmod chown copyFile cp createWriteStream lchown link lutimes mkdir mkdtemp rename rm rmdir symlink truncate unlink utimes writeFile'.split(
    ' ',
  )
const starting = ['spawn', 'exec', 'execFile', 'fork', 'spawnSync', 'execSync', 'execFileSync']
const connecting = ['connect', 'createConnection']

/**
 * From now on writes down what code in this process does to the world through Node: what it writes, which programs it starts, whom it connects to.
 * Returns that list, which grows.
 */
export function watchSideEffects(): string[] {
  const seen: string[] = []
  const fs = load('node:fs') as Functions
  const promises = load('node:fs/promises') as Functions
  for (const name of writing) {
    for (const [module, key] of [
      [fs, name],
      [fs, `${name}Sync`],
      [promises, name],
    ] as const)
      watch(module, key, seen)
  }
  for (const [module, key] of [
    [fs, 'open'],
    [fs, 'openSync'],
    [promises, 'open'],
  ] as const)
    watch(module, key, seen, opensToWrite)
  for (const name of starting) watch(load('node:child_process') as Functions, name, seen)
  for (const name of connecting) for (const module of ['node:net', 'node:tls']) watch(load(module) as Functions, name, seen)
  syncBuiltinESMExports()
  return seen
}

function watch(module: Functions, name: string, seen: string[], counts: (words: readonly unknown[]) => boolean = () => true): void {
  const original = module[name]
  if (original === undefined) return
  module[name] = (...words) => {
    if (counts(words)) seen.push(`${name} ${String(words[0])}`)
    return original(...words)
  }
}

function opensToWrite([, flags]: readonly unknown[]): boolean {
  return typeof flags === 'string' ? flags !== 'r' : typeof flags === 'number' && flags !== 0
}
