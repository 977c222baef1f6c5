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
    return new OperatorError('denied', `${path} cannot be used: permission denied.`, {cause: error})
  if (code === 'ENOSPC') return new OperatorError('noSpace', `No space is left for ${path}.`, {cause: error})
  if (code === undefined) return error
  return new OperatorError('unreachable', `${path} cannot be used: ${message}.`, {
    hint: 'Set backup.directory to a folder that can be written.',
    cause: error,
  })
}
