import {chmod, lstat, open, readdir, realpath, rename, rm, symlink, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {OperatorError} from '../../errors.ts'

const programFolders = ['usr/bin', 'usr/sbin']

/** The loader of Debian 13 on each processor that it is offered for, below the unpacked tree. */
const loaders: Record<string, {libraries: string; loader: string}> = {
  x64: {libraries: 'usr/lib/x86_64-linux-gnu', loader: 'usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'},
  arm64: {libraries: 'usr/lib/aarch64-linux-gnu', loader: 'usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1'},
}

/**
 * Makes the programs of an unpacked `folder` run on the C library that came with them, since the machine's own may be older:
 * each becomes a script that starts the program through the loader below `root`, where the folder will stand.
 * Throws `usage` on a processor without Debian packages that we know.
 */
export async function useBundledLoader(folder: string, root: string, furtherFolders: readonly string[] = []): Promise<void> {
  const paths = loaders[process.arch]
  if (!paths) throw new OperatorError('usage', `There are no packages for this processor (${process.arch}).`)
  for (const programs of [...programFolders, ...furtherFolders]) {
    await wrapPrograms(path.join(folder, programs), path.join(root, programs), {
      loader: path.join(root, paths.loader),
      libraries: path.join(root, paths.libraries),
    })
  }
}

interface Loader {
  loader: string
  libraries: string
}

async function wrapPrograms(folder: string, finalFolder: string, loader: Loader): Promise<void> {
  const programs = await programsIn(folder)
  for (const {name, target} of programs) {
    const file = path.join(folder, name)
    const binary = `${name}.elf`
    // A link such as redis-server -> redis-check-rdb is one program under two names: what it does depends on the name.
    if (target === name) await rename(file, path.join(folder, binary))
    else await symlink(`${target}.elf`, path.join(folder, binary)).then(() => rm(file))
    await writeFile(file, wrapper(path.join(finalFolder, binary), loader))
    await chmod(file, 0o755)
  }
}

async function programsIn(folder: string): Promise<{name: string; target: string}[]> {
  const programs = []
  for (const name of await namesIn(folder)) {
    const file = path.join(folder, name)
    const target = (await lstat(file)).isSymbolicLink() ? await linkTarget(folder, file) : name
    if (target !== null && (await isProgram(path.join(folder, target)))) programs.push({name, target})
  }
  return programs
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch {
    // Not every package brings programs.
    return []
  }
}

async function linkTarget(folder: string, file: string): Promise<string | null> {
  try {
    const target = await realpath(file)
    return path.dirname(target) === (await realpath(folder)) ? path.basename(target) : null
  } catch {
    // A link to something that was left out leads nowhere.
    return null
  }
}

async function isProgram(file: string): Promise<boolean> {
  await using handle = await open(file)
  const {buffer, bytesRead} = await handle.read(Buffer.alloc(4), 0, 4, 0)
  return bytesRead === 4 && buffer.toString('latin1') === '\u007FELF'
}

function wrapper(binary: string, {loader, libraries}: Loader): string {
  return `#!/bin/sh\nexec ${quote(loader)} --library-path ${quote(libraries)} --argv0 "$0" ${quote(binary)} "$@"\n`
}

function quote(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`
}
