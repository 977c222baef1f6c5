import {readFile} from 'node:fs/promises'

/** `nobody` on every Linux and macOS. */
const nobody = {uid: 65_534, gid: 65_534}

/** Returns whom a PostgreSQL server must run as, since it refuses to run as root; null when this user will do. */
export async function serverIdentity(): Promise<{uid: number; gid: number} | null> {
  if (process.getuid?.() !== 0) return null
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  const [, uid, gid] = /^postgres:[^:]*:(\d+):(\d+):/m.exec(users) ?? []
  return uid && gid ? {uid: Number(uid), gid: Number(gid)} : nobody
}
