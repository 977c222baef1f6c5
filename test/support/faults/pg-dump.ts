import {chmod, mkdir, symlink, writeFile} from 'node:fs/promises'
import path from 'node:path'

/** What a stand-in for pg_dump does with the archive it was given. */
export interface DumpConduct {
  /** What is written; the whole archive unless said otherwise. */
  bytes?: number
  /** A program that the bytes go through, as words. */
  through?: readonly string[]
  exitCode?: number
}

/** Programs of PostgreSQL of which one lies. */
export interface LyingPrograms {
  /** With a slash at its end, as sparkone has it. */
  folder: string
  behave(conduct: DumpConduct): Promise<void>
}

/** Makes a folder in which pg_dump writes what it is told of `archive`, and ends as it is told; all other programs are those of `bin`. */
export async function makeLyingPrograms(folder: string, bin: string, archive: Uint8Array): Promise<LyingPrograms> {
  await mkdir(folder, {recursive: true})
  for (const name of ['psql', 'pg_restore', 'pg_dumpall']) await symlink(path.join(bin, name), path.join(folder, name))
  await writeFile(path.join(folder, 'archive'), archive)
  const program = path.join(folder, 'pg_dump')
  const behave = async ({bytes = archive.length, through = ['cat'], exitCode = 0}: DumpConduct) => {
    const script = [
      '#!/bin/sh',
      `case "$*" in *--version*) exec '${path.join(bin, 'pg_dump')}' --version;; esac`,
      `head -c ${bytes} '${path.join(folder, 'archive')}' | ${through.map((word) => `'${word}'`).join(' ')}`,
      `exit ${exitCode}`,
    ]
    await writeFile(program, `${script.join('\n')}\n`)
    await chmod(program, 0o755)
  }
  return {folder: `${folder}/`, behave}
}
