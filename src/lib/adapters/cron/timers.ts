import {execFile} from 'node:child_process'
import {chmod, mkdir, readFile, rename, rm, stat, writeFile} from 'node:fs/promises'
import {dirname, join} from 'node:path'
import {promisify} from 'node:util'
import {OperatorError} from '../../errors.ts'
import type {Timers} from '../../ports.ts'
import {explainAccess} from '../directory/access.ts'

const limitMilliseconds = 60_000

/** The timers of the machine sparkone runs on. */
export const machineTimers: Timers = {
  async hasSystemd(root) {
    // What sd_booted(3) looks at; a tree that is not running is asked for the program instead.
    const signs = root === '/' ? ['run/systemd/system'] : ['usr/lib/systemd/systemd', 'lib/systemd/systemd']
    const found = await Promise.all(signs.map((sign) => exists(join(root, sign))))
    return found.includes(true)
  },

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
    // Cron reads every file of its folder whose name has no dot.
    const draft = join(dirname(path), '.sparkone-timer.new')
    await explainAccess(path, async () => {
      await mkdir(dirname(path), {recursive: true})
      try {
        await writeFile(draft, text)
        // Other users' programs read them, and cron refuses files that others may write.
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

  async systemctl(words) {
    try {
      await promisify(execFile)('systemctl', [...words], {timeout: limitMilliseconds})
    } catch (error) {
      const said = String((error as {stderr?: string}).stderr ?? '').trim() || (error as Error).message
      throw new OperatorError('failed', `systemctl ${words.join(' ')}: ${said}`, {hint: 'systemctl status', cause: error})
    }
  },
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch {
    // What cannot be looked at is not this user's to use either.
    return false
  }
}
