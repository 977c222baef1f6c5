import {chmod, mkdir, readFile, rename, rm, writeFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import type {PublicFiles} from '../../ports/unattended.ts'
import {explainAccess} from '../directory/access.ts'

/** The files of the machine sparkone runs on. */
export const publicFiles: PublicFiles = {
  async read(path) {
    return explainAccess(path, async () => {
      try {
        return await readFile(path, 'utf8')
      } catch (error) {
        if (['ENOENT', 'ENOTDIR'].includes((error as {code?: string}).code ?? '')) return null
        throw error
      }
    })
  },

  async write(path, text) {
    // Neither cron nor the collector of node-exporter reads a file of such a name.
    const draft = join(dirname(path), `.${basename(path)}.${process.pid}.new`)
    await explainAccess(path, async () => {
      await mkdir(dirname(path), {recursive: true})
      try {
        await writeFile(draft, text)
        // Whatever the umask: other users' programs read it, and cron refuses files that others may write.
        await chmod(draft, 0o644)
        await rename(draft, path)
      } catch (error) {
        await rm(draft, {force: true})
        throw error
      }
    })
  },

  async remove(path) {
    await explainAccess(path, () => rm(path, {force: true}))
  },
}
