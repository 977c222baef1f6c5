import {execFile} from 'node:child_process'
import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import {promisify} from 'node:util'
import {OperatorError} from '../../errors.ts'
import type {Systemd} from '../../ports/unattended.ts'

const limitMilliseconds = 60_000

/** The systemd of the machine sparkone runs on. */
export const systemd: Systemd = {
  async runs(root) {
    // What sd_booted(3) looks at; a tree that is not running is asked for the program instead.
    const signs = root === '/' ? ['run/systemd/system'] : ['usr/lib/systemd/systemd', 'lib/systemd/systemd']
    const found = await Promise.all(signs.map((sign) => exists(join(root, sign))))
    return found.includes(true)
  },

  async control(words) {
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
