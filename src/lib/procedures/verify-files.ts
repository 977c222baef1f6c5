import type {Change} from '../change.ts'
import type {Proof} from '../domain/backup-set.ts'
import {compareFiles} from '../domain/file-comparison.ts'
import {count} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'
import type {Ports} from '../ports.ts'
import {fileProof, findFileSet, openFiles, readChecksums, type FileSource} from './file-sets.ts'
import {readBackSet} from './restore-source.ts'

export interface VerifyFilesPlan {
  summary: readonly string[]
  source: FileSource
}

/** Unpacks a set of files into a throw-away folder and compares every file. The proof is kept with the set. */
export const verifyFiles: Change<{selector: string; from?: string | undefined}, FileSource, VerifyFilesPlan, {proof: Proof}> = {
  name: 'verify files',
  touches: 'backups',

  gather({selector, from}, ports) {
    return findFileSet(selector, ports, {proven: false, from})
  },

  plan(source) {
    const {id, files} = source.set.manifest
    return {source, summary: [`unpack ${id} into a throw-away folder`, `compare ${count(files.files, 'file')} by SHA-256`]}
  },

  async apply({source}, ports) {
    const {set, store} = source
    try {
      const proof = await prove(source, ports)
      await store.saveProof(set, proof)
      return {proof}
    } catch (error) {
      if (error instanceof OperatorError && ['corrupt', 'refused'].includes(error.kind))
        await store.saveProof(set, withdrawn(source, error, ports))
      throw error
    }
  },
}

async function prove(source: FileSource, ports: Ports): Promise<Proof> {
  const {clock, progress} = ports
  const {set, store} = source
  const begin = clock.elapsed()
  const files = await ports.projectFiles()
  await progress.step('Read the stored bytes back', () => readBackSet(set, store))
  const checksums = await readChecksums(source)
  const readBack = clock.elapsed()
  await using unpacked = await progress.step('Unpack it', () => files.unpack(openFiles(source)))
  const restored = clock.elapsed()
  const found = await progress.step('Compare every file', () => unpacked.inspect())
  const differences = compareFiles({summary: set.manifest.files, checksums, archived: unpacked.entries, unpacked: found})
  const seconds = {
    readBack: readBack - begin,
    restore: restored - readBack,
    compare: clock.elapsed() - restored,
    total: clock.elapsed() - begin,
  }
  return fileProof(set, {
    verifiedAt: clock.now().toISOString(),
    where: unpacked.description,
    differences,
    files: found.filter(({type}) => type === 'file').length,
    seconds: inSeconds(seconds),
  })
}

/** A set whose bytes are damaged is proven no longer, whatever was shown before. */
function withdrawn({set}: FileSource, {message}: OperatorError, {clock}: Ports): Proof {
  const differences = [{subject: 'stored bytes', expected: 'as written', actual: message, severity: 'fatal' as const}]
  return fileProof(set, {verifiedAt: clock.now().toISOString(), where: 'the stored bytes themselves', differences})
}

function inSeconds<T extends Record<string, number>>(milliseconds: T): T {
  return Object.fromEntries(Object.entries(milliseconds).map(([key, value]) => [key, Math.round(value) / 1000])) as T
}
