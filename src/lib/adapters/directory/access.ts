import {dirname} from 'node:path'
import {OperatorError} from '../../errors.ts'

/** Runs an action on a file; its refusals come worded for the operator. */
export async function explainAccess<T>(path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action()
  } catch (error) {
    throw accessError(path, error)
  }
}

export function accessError(path: string, error: unknown): unknown {
  const {code, message} = error as {code?: string; message?: string}
  if (code === 'EACCES' || code === 'EPERM')
    return new OperatorError('denied', `${path} cannot be used: permission denied.`, {
      hint: `Run as a user that may read and write there: ls -ld ${dirname(path)}`,
      cause: error,
    })
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new OperatorError('noSpace', `No space is left for ${path}.`, {
      hint: `Free some: df -h ${dirname(path)}; df -i ${dirname(path)}`,
      cause: error,
    })
  if (code === undefined) return error
  return new OperatorError('unreachable', `${path} cannot be used: ${message}.`, {
    hint: `Look at its folder: ls -la ${dirname(path)}`,
    cause: error,
  })
}
