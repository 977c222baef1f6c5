import {OperatorError} from '../../errors.ts'

/** Returns what it means to an operator that a file cannot be read. */
export function readingError(error: unknown, path: string): unknown {
  const {code} = error as NodeJS.ErrnoException
  if (code === 'ENOENT') return new OperatorError('notFound', `There is no ${path}.`, {cause: error})
  if (code === 'EACCES' || code === 'EPERM') return new OperatorError('denied', `${path} may not be read by this user.`, {cause: error})
  return error
}
