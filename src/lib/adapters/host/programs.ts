import {access, readdir} from 'node:fs/promises'
import {join} from 'node:path'

const debianFolder = '/usr/lib/postgresql'

/** A folder of PostgreSQL programs; `bin` ends with a slash, or is empty for what PATH finds. */
export interface Programs {
  bin: string
  /** The programs of a server are there too. */
  withServer: boolean
}

/** Returns the client programs that are configured, else the newest that Debian's packages brought, else those of PATH. */
export async function findPrograms(configured: string | undefined): Promise<Programs> {
  if (configured !== undefined) return describe(`${configured.replace(/\/$/, '')}/`)
  const majors = await readdir(debianFolder).catch(() => [])
  const folders = majors.filter((name) => /^\d+$/.test(name)).toSorted((a, b) => Number(b) - Number(a))
  for (const major of folders) {
    const bin = `${join(debianFolder, major, 'bin')}/`
    if (await exists(`${bin}pg_dump`)) return describe(bin)
  }
  return {
    bin: '',
    withServer: (await Promise.all((process.env.PATH ?? '').split(':').map((folder) => exists(join(folder, 'initdb'))))).includes(true),
  }
}

async function describe(bin: string): Promise<Programs> {
  return {bin, withServer: (await exists(`${bin}initdb`)) && (await exists(`${bin}postgres`))}
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
