import {chmod, mkdtemp, readdir, readFile, rm, stat} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect} from 'vitest'

/** Gives throw-away servers of this machine a temporary folder of their own, where a test can look for them. */
export async function localThrowAways() {
  const before = process.env.TMPDIR
  const folder = await mkdtemp(path.join(tmpdir(), 'rt-'))
  // The server runs as another user when this is root, and must be able to pass.
  await chmod(folder, 0o755)
  process.env.TMPDIR = folder
  const folders = async () => (await readdir(folder)).map((name) => path.join(folder, name))
  return {
    processes: async () => (await processes()).filter(({parent}) => parent === process.pid).map(({line}) => line),
    throwAways: async () => [...(await folders()), ...(await processes()).map(({line}) => line).filter((line) => line.includes(folder))],
    async expectUnreachable() {
      for (const each of await folders()) expect((await stat(each)).mode & 0o077).toBe(0)
    },
    async [Symbol.asyncDispose]() {
      if (before === undefined) delete process.env.TMPDIR
      else process.env.TMPDIR = before
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function processes(): Promise<{parent: number; line: string}[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  return Promise.all(
    ids.map(async (id) => {
      // A process may end between being listed and being read.
      const read = (file: string) => readFile(`/proc/${id}/${file}`, 'utf8').catch(() => '')
      const [state, line] = [await read('stat'), await read('cmdline')]
      return {parent: Number(state.slice(state.lastIndexOf(')') + 2).split(' ')[1]), line: line.replaceAll('\0', ' ').trim()}
    }),
  )
}
