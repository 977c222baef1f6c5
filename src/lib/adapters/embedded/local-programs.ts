import {access, constants, readdir} from 'node:fs/promises'
import path from 'node:path'

/** The programs that the embedded runtime is made of. */
export interface EmbeddedPrograms {
  /** Folder with initdb, postgres, psql, pg_dump, pg_restore and pg_dumpall. */
  postgresBin: string
  redisServer: string | null
  redisCli: string | null
  /** For people: where the programs come from. */
  description: string
}

/** Folders that hold one folder for each installed version, and where the programs lie in it. */
const versionFolders = [
  {parent: '/usr/lib/postgresql', version: /^(\d+)$/},
  {parent: '/opt/homebrew/opt', version: /^postgresql@(\d+)$/},
  {parent: '/usr/local/opt', version: /^postgresql@(\d+)$/},
]
const needed = ['initdb', 'postgres', 'psql', 'pg_dump', 'pg_restore', 'pg_dumpall']

/** Returns PostgreSQL, and Redis if it is there, as installed on this machine; the newest of several; null without PostgreSQL. */
export async function findLocalPrograms(): Promise<EmbeddedPrograms | null> {
  const folders = [...(await versionedFolders()), ...searchPath()]
  for (const postgresBin of folders) {
    if (!(await hasAll(postgresBin))) continue
    const [redisServer, redisCli] = await Promise.all([findProgram('redis-server'), findProgram('redis-cli')])
    return {postgresBin, redisServer, redisCli, description: `PostgreSQL of this machine in ${postgresBin}`}
  }
  return null
}

/** Returns the full path of a program on the search path, or null. */
export async function findProgram(name: string): Promise<string | null> {
  for (const folder of searchPath()) {
    const file = path.join(folder, name)
    if (await isExecutable(file)) return file
  }
  return null
}

async function versionedFolders(): Promise<string[]> {
  const found: {bin: string; major: number}[] = []
  for (const {parent, version} of versionFolders) {
    for (const name of await namesIn(parent)) {
      const major = version.exec(name)?.[1]
      if (major) found.push({bin: path.join(parent, name, 'bin'), major: Number(major)})
    }
  }
  return found.toSorted((one, other) => other.major - one.major).map(({bin}) => bin)
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch {
    // The folder belongs to another kind of system.
    return []
  }
}

function searchPath(): string[] {
  return (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '')
}

async function hasAll(folder: string): Promise<boolean> {
  const found = await Promise.all(needed.map((name) => isExecutable(path.join(folder, name))))
  return found.every(Boolean)
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  )
}
