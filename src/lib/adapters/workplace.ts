import {constants} from 'node:fs'
import {access, stat} from 'node:fs/promises'
import {hostname, networkInterfaces} from 'node:os'
import {delimiter, join, resolve} from 'node:path'
import {OperatorError} from '../errors.ts'
import type {Entry, Workplace} from '../ports/workplace.ts'

/** Creates the reader of this process and of the files around it; programs are looked for in `folder`, or in PATH. */
export function createWorkplace(folder: string, environment: Readonly<Record<string, string | undefined>>): Workplace {
  const places = (environment.PATH ?? '').split(delimiter).filter(Boolean)
  return {
    nodeVersion: process.versions.node,
    user: process.getuid?.() ?? null,
    names,
    entry,
    canStart: (program) => canStart(program.includes('/') ? [resolve(folder, program)] : places.map((place) => join(place, program))),
  }
}

async function names(): Promise<string[]> {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({address}) => address))
  return [...new Set(['localhost', hostname(), ...addresses].map((name) => name.toLowerCase()))]
}

async function entry(path: string): Promise<Entry | null> {
  try {
    const found = await stat(path)
    return {isFolder: found.isDirectory(), mode: found.mode & 0o7777, owner: found.uid}
  } catch (error) {
    const {code} = error as {code?: string}
    if (code === 'ENOENT' || code === 'ENOTDIR') return null
    throw new OperatorError('denied', `${path} cannot be looked at: ${(error as Error).message}.`, {cause: error})
  }
}

async function canStart(candidates: readonly string[]): Promise<boolean> {
  const found = await Promise.all(
    candidates.map(async (path) => {
      const isFile = (await entry(path).catch(() => null))?.isFolder === false
      return (
        isFile &&
        access(path, constants.X_OK).then(
          () => true,
          // What may not be started is as good as not there.
          () => false,
        )
      )
    }),
  )
  return found.includes(true)
}
