import {chmod, copyFile, rename, writeFile} from 'node:fs/promises'
import {OperatorError} from '../errors.ts'

/** Writes a configuration file that others may read and not change; a replaced one stays beside it as `.bak`. Throws `refused` or `denied`. */
export async function writeConfiguration(file: string, text: string, replace: boolean): Promise<void> {
  try {
    if (!replace) return await writeNew(file, text)
    await copyFile(file, `${file}.bak`)
    const draft = `${file}.${process.pid}.new`
    await writeNew(draft, text)
    await rename(draft, file)
  } catch (error) {
    throw wordedFor(file, error)
  }
}

async function writeNew(file: string, text: string): Promise<void> {
  await writeFile(file, text, {flag: 'wx'})
  // The umask of many systems leaves files writable for the group, and such a configuration would be refused.
  await chmod(file, 0o644)
}

function wordedFor(file: string, error: unknown): unknown {
  const {code} = error as NodeJS.ErrnoException
  if (code === 'EEXIST') return new OperatorError('refused', `${file} exists already.`, {cause: error})
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM') {
    return new OperatorError('denied', `${file} may not be written by this user.`, {cause: error})
  }
  if (code === 'ENOENT') return new OperatorError('usage', `The folder of ${file} does not exist.`, {cause: error})
  if (code === 'ENOSPC') return new OperatorError('noSpace', `There is no space left for ${file}.`, {cause: error})
  return error
}
