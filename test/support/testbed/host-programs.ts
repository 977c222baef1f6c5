import {readdir} from 'node:fs/promises'
import path from 'node:path'
import {exists} from './machine.ts'

const versions = '/usr/lib/postgresql'

/** Returns the folder with the newest PostgreSQL server of this machine, or null. */
export async function findHostPostgres(): Promise<string | null> {
  const names = (await exists(versions)) ? await readdir(versions) : []
  for (const major of names.map(Number).toSorted((one, other) => other - one)) {
    const folder = path.join(versions, String(major), 'bin')
    if (await exists(path.join(folder, 'initdb'))) return folder
  }
  return null
}
