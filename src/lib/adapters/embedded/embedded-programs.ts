import {rm} from 'node:fs/promises'
import {homedir} from 'node:os'
import path from 'node:path'
import {OperatorError} from '../../errors.ts'
import {useBundledLoader} from './bundled-loader.ts'
import {installDebianPackages} from './debian-packages.ts'
import {findLocalPrograms, findProgram, type EmbeddedPrograms} from './local-programs.ts'

export type {EmbeddedPrograms}

interface Request {
  signal?: AbortSignal
  report?: (detail: string) => void
}

const postgresBin = 'usr/lib/postgresql/17/bin'
const packages = ['postgresql-17', 'postgresql-17-pgvector', 'redis-server']

/** What packages ask for to set up a whole machine, and just-in-time compilation, which is switched off. */
const exclude = `
  libllvm* libz3* perl* libperl* libgdbm* libdb5* locales* libc-l10n libc-bin debconf adduser passwd login* libsemanage* libsepol*
  postgresql-common* postgresql-client-common procps libproc2* openssl ucf sensible-utils init-system-helpers sysvinit-utils
  ssl-cert netbase lsb-base readline-common libpam-modules* libpam-runtime
`.match(/\S+/g)!

/**
 * Returns the programs of the embedded runtime, unpacked from Debian packages into the cache on first use, else those of the machine.
 * Throws `unreachable` when neither can be had, and what the signal carries when it is aborted.
 */
export async function embeddedPrograms({signal, report}: Request = {}): Promise<EmbeddedPrograms> {
  if (!(await findProgram('apt-get')) || !(await findProgram('dpkg-deb'))) return localPrograms()
  const root = path.join(cacheFolder(), 'embedded-17')
  try {
    await installDebianPackages({root, packages, exclude, prepare, ...(signal && {signal}), ...(report && {report})})
  } catch (error) {
    if (signal?.aborted || !(error instanceof OperatorError)) throw error
    return localPrograms(error)
  }
  return {
    postgresBin: path.join(root, postgresBin),
    redisServer: path.join(root, 'usr/bin/redis-server'),
    redisCli: path.join(root, 'usr/bin/redis-cli'),
    description: `PostgreSQL 17 and Redis 8 from Debian packages in ${root}`,
  }
}

async function prepare(folder: string, root: string): Promise<void> {
  // Without this library PostgreSQL turns just-in-time compilation off by itself; with it, it would ask for the excluded LLVM.
  await rm(path.join(folder, 'usr/lib/postgresql/17/lib/llvmjit.so'), {force: true})
  await rm(path.join(folder, 'usr/lib/postgresql/17/lib/bitcode'), {recursive: true, force: true})
  for (const name of ['doc', 'man', 'locale', 'lintian']) await rm(path.join(folder, 'usr/share', name), {recursive: true, force: true})
  await useBundledLoader(folder, root, [postgresBin])
}

/** Returns the folder for what can be fetched again; root's is readable by the user that a server has to run as. */
function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.SPARKONE_CACHE_DIR) return path.resolve(environment.SPARKONE_CACHE_DIR)
  if (process.getuid?.() === 0) return '/var/cache/sparkone'
  return path.join(environment.XDG_CACHE_HOME || path.join(homedir(), '.cache'), 'sparkone')
}

async function localPrograms(reason?: OperatorError): Promise<EmbeddedPrograms> {
  const found = await findLocalPrograms()
  if (found) return found
  if (reason) throw reason
  throw new OperatorError('unreachable', 'There is no PostgreSQL on this machine, and no apt to fetch one with.', {
    hint: 'Install PostgreSQL 14 or newer, for example with "brew install postgresql@17 pgvector redis", and run the command again.',
  })
}
