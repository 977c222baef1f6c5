import {homedir} from 'node:os'
import {join} from 'node:path'

/** Returns the folder for locks, journal and memory: `/var/lib/sparkone` for root, else by the XDG base directories. */
export function stateFolder(environment: Readonly<Record<string, string | undefined>>, uid = process.getuid?.()): string {
  if (environment.SPARKONE_STATE_DIR) return environment.SPARKONE_STATE_DIR
  if (uid === 0) return '/var/lib/sparkone'
  return join(environment.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'sparkone')
}
