import {lstatSync, readdirSync, realpathSync, statSync, type Stats} from 'node:fs'
import {join, relative, resolve} from 'node:path'
import {pathPattern, type PathPattern} from '../../domain/path-pattern.ts'
import type {LogFacts, LogRule, RotatedLog} from '../../domain/log-rule.ts'
import {isRotatedName} from '../../domain/log-rotation.ts'
import type {DockerPaths} from '../../ports/logs.ts'
import {accessError} from '../directory/access.ts'

/**
 * Finds the logs of a rule by their names, and opens none of them. Neither links nor files with several names are followed: through either, a
 * file of Docker could pass for one of ours. Calls of the system that wait for nothing are made at once here, since there may be 10,000 logs.
 */
export function findLogs(folder: string, rule: LogRule, docker: DockerPaths): FoundFiles {
  const {root, rest} = splitPattern(resolve(folder, rule.pattern))
  const pattern = pathPattern(rest)
  const guard = dockerGuard(docker)
  const found = [...foldersIn(root, pattern)].map(({path, names}) => {
    const meant = names.filter((name) => isMeant(relative(root, join(path, name)), pattern))
    return inspect({path, names, logs: withoutRotated(meant, rule)}, rule, guard)
  })
  return {logs: found.flatMap(({logs}) => logs), refused: found.flatMap(({refused}) => refused)}
}

interface FoundFiles {
  logs: readonly Omit<LogFacts, 'lastAt'>[]
  refused: readonly {path: string; reason: string}[]
}

function inspect(
  {path, names, logs}: {path: string; names: readonly string[]; logs: readonly string[]},
  rule: LogRule,
  guard: DockerGuard,
): FoundFiles {
  if (logs.length === 0) return {logs: [], refused: []}
  const obstacle = guard.refuseFolder(path) ?? openToOthers(path)
  if (obstacle !== null) return {logs: [], refused: logs.map((name) => ({path: join(path, name), reason: obstacle}))}
  const found = {logs: [] as Omit<LogFacts, 'lastAt'>[], refused: [] as {path: string; reason: string}[]}
  for (const name of logs) {
    const file = join(path, name)
    const status = lstatSync(file, {throwIfNoEntry: false})
    const reason = status === undefined ? null : (refuseFile(status) ?? guard.refuseFile(name, status))
    if (reason !== null) found.refused.push({path: file, reason})
    else if (status) found.logs.push({path: file, bytes: status.size, siblings: siblingsOf(path, name, names, rule)})
  }
  return found
}

function splitPattern(pattern: string): {root: string; rest: string} {
  const parts = pattern.split('/')
  const first = parts.findIndex((part, index) => index === parts.length - 1 || /[*?{]/.test(part))
  return {root: parts.slice(0, first).join('/') || '/', rest: parts.slice(first).join('/')}
}

/** Every folder in which the pattern could mean something, with the names in it sorted as their code units are. */
function* foldersIn(root: string, pattern: PathPattern): Generator<{path: string; names: string[]}> {
  const waiting = [root]
  for (const path of waiting) {
    const entries = entriesOf(path)
    yield {
      path,
      names: entries
        .filter((entry) => !entry.isDirectory())
        .map(({name}) => name)
        .toSorted(),
    }
    const folders = entries.filter((entry) => entry.isDirectory()).map(({name}) => join(path, name))
    waiting.push(...folders.filter((folder) => pattern.reaches(relative(root, folder))))
  }
}

function entriesOf(path: string) {
  try {
    return readdirSync(path, {withFileTypes: true})
  } catch (error) {
    const {code} = error as {code?: string}
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw accessError(path, error)
  }
}

/** A pattern means files alone, and not what lies below a folder of such a name. */
function isMeant(path: string, pattern: PathPattern): boolean {
  const parent = path.slice(0, Math.max(path.lastIndexOf('/'), 0))
  return pattern.covers(path) && (parent === '' || !pattern.covers(parent))
}

/** A wide pattern fits rotated logs, too; rotating these again would multiply them. */
function withoutRotated(names: readonly string[], rule: LogRule): string[] {
  const known = new Set(names)
  return names.filter(
    (name) => !name.startsWith('.') && !prefixesOf(name).some((base) => known.has(base) && isRotatedName(name, base, rule)),
  )
}

/** A rotated name goes on with a dot or with whatever the date begins with; names are short, so all beginnings are tried. */
function prefixesOf(name: string): string[] {
  return Array.from({length: Math.max(name.length - 1, 0)}, (_, index) => name.slice(0, index + 1))
}

function siblingsOf(path: string, base: string, names: readonly string[], {maxAge}: LogRule): RotatedLog[] {
  const siblings: RotatedLog[] = []
  for (let index = firstAfter(names, base); index < names.length && names[index]!.startsWith(base); index++) {
    const name = names[index]!
    const modifiedAt = maxAge === null ? 0 : (lstatSync(join(path, name), {throwIfNoEntry: false})?.mtimeMs ?? Infinity)
    siblings.push({name, modifiedAt})
  }
  return siblings
}

/** Names that begin alike lie together in a sorted list, so that finding them does not look at all 10,000. */
function firstAfter(names: readonly string[], base: string): number {
  let [low, high] = [0, names.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (names[middle]! <= base) low = middle + 1
    else high = middle
  }
  return low
}

function refuseFile(status: Stats): string | null {
  if (status.isSymbolicLink()) return 'it is a link'
  if (!status.isFile()) return 'it is no file'
  return status.nlink > 1 ? 'it has several names (hard links), and one of them may be that of another program' : null
}

/** As root, whoever may write to the folder could put something else in the place of a log between two of our steps. */
function openToOthers(path: string): string | null {
  if (process.getuid?.() !== 0) return null
  const {mode, gid} = statSync(path)
  const isOpen = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== 0)
  return isOpen ? `its folder can be written to by others: chmod go-w ${path}` : null
}

type DockerGuard = ReturnType<typeof dockerGuard>

function dockerGuard({folders, files}: DockerPaths) {
  const owned = new Set(files.flatMap((file) => identityOf(file) ?? []))
  const roots = folders.map((folder) => ({path: real(folder), identity: identityOf(folder)}))
  const reason = 'it belongs to Docker, which alone may touch it'
  return {
    refuseFolder(path: string): string | null {
      const parents = withParents(real(path))
      const isInside = roots.some(({path: root, identity}) =>
        parents.some((parent) => parent === root || (identity !== null && identityOf(parent) === identity)),
      )
      return isInside ? reason : null
    },
    refuseFile(name: string, {dev, ino}: Stats): string | null {
      return owned.has(`${dev}:${ino}`) || /^[0-9a-f]{64}-json\.log/.test(name) ? reason : null
    },
  }
}

function real(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    // What is not there, or closed to us, has no other name that we could know.
    return path
  }
}

function withParents(path: string): string[] {
  const parts = path.split('/')
  return parts.map((_, index) => parts.slice(0, index + 1).join('/') || '/').slice(1)
}

/** By device and inode a folder is known under any name that it is mounted at. */
function identityOf(path: string): string | null {
  try {
    const status = statSync(path)
    return `${status.dev}:${status.ino}`
  } catch {
    return null
  }
}
