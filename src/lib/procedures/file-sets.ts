import type {Proof} from '../domain/backup-set.ts'
import {isFileSet, parseChecksums, type FileSet} from '../domain/file-archive.ts'
import {OperatorError} from '../errors.ts'
import type {Bytes, Ports, SetCollection} from '../ports.ts'
import {findSource, type Choice} from './restore-source.ts'
import {readText} from './text.ts'

/** A set of files and where it lies. */
export interface FileSource {
  set: FileSet
  store: SetCollection
}

/**
 * Returns the set of files that a selector means: `latest`, an id or the beginning of one. Throws `notFound`, and `denied` for one that is
 * encrypted to keys that are not at hand.
 */
export async function findFileSet(selector: string, ports: Ports, choice: Omit<Choice, 'kind'>): Promise<FileSource> {
  const source = await findSource(selector, ports, {...choice, kind: 'files'})
  if (source.kind === 'set' && isFileSet(source.set)) return {set: source.set, store: source.store ?? (await ports.store())}
  throw new OperatorError('corrupt', `The manifest of ${source.label} does not say which files it holds.`, {
    hint: 'Use another backup: sparkone restore --list',
  })
}

export function openFiles({set, store}: FileSource): Bytes {
  return store.read(set, 'files.tar.zst')
}

/** Returns SHA-256 by path, as listed when the backup was taken. Throws `corrupt`. */
export async function readChecksums({set, store}: FileSource): Promise<Map<string, string>> {
  return parseChecksums(await readText(store.read(set, 'files.sha256')))
}

/** Returns a proof of a set of files: what tells of a database is empty. */
export function fileProof(
  set: FileSet,
  rest: Pick<Proof, 'verifiedAt' | 'where' | 'differences'> & {seconds?: Partial<Proof['seconds']>; files?: number},
): Proof {
  const {verifiedAt, where, differences, files = 0} = rest
  return {
    format: 1,
    id: set.manifest.id,
    verifiedAt,
    passed: differences.every(({severity}) => severity === 'note'),
    where,
    serverVersion: '',
    tables: 0,
    rows: 0,
    indexes: 0,
    constraints: 0,
    sequences: 0,
    files,
    differences,
    seconds: {readBack: 0, start: 0, restore: 0, compare: 0, total: 0, ...rest.seconds},
  }
}
