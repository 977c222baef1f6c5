import {randomBytes} from 'node:crypto'
import {chown, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {findFreePort} from './free-port.ts'
import {isRoot, run, waitFor} from './machine.ts'

export {findFreePort}

/** A PostgreSQL of the machine on a free port, for one test file; dispose of it to end it and remove its files. */
export interface HostCluster extends AsyncDisposable {
  host: string
  port: number
  user: string
  password: string
  /** URL of the database `postgres`. */
  url: string
  socketFolder: string
  dataFolder: string
  processId: number
}

export interface HostClusterOptions {
  /** Folder with initdb and postgres. */
  bin: string
  port?: number
  password?: string
  user?: string
  /** Further settings, for example `{shared_buffers: '32MB'}`. */
  settings?: Record<string, string>
}

/** Starts a throw-away cluster with password authentication on TCP and its Unix socket; as root, under another user. */
export async function startHostCluster(options: HostClusterOptions): Promise<HostCluster> {
  const {bin, user = 'postgres', password = randomBytes(12).toString('hex')} = options
  const port = options.port ?? (await findFreePort())
  const folder = await mkdtemp(path.join(tmpdir(), 'pg-'))
  const identity = await serverIdentity()
  const dataFolder = path.join(folder, 'data')
  await makeCluster({bin, user, password, folder, dataFolder, identity})
  const settings = {listen_addresses: '127.0.0.1', unix_socket_directories: folder, fsync: 'off', ...options.settings}
  const words = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const server = execa(path.join(bin, 'postgres'), ['-D', dataFolder, '-p', String(port), ...words], {
    ...identity,
    cwd: folder,
    stdin: 'ignore',
    stdout: {file: path.join(folder, 'log')},
    stderr: {file: path.join(folder, 'log')},
    reject: false,
    killSignal: 'SIGINT',
    forceKillAfterDelay: 5000,
  })
  await waitFor('the host cluster', 30, () => isReady(bin, folder, port))
  const stop = async () => {
    server.kill('SIGINT')
    await server
    await rm(folder, {recursive: true, force: true})
  }
  const url = `postgres://${encodeURIComponent(user)}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`
  const address = {host: '127.0.0.1', port, user, password, url, socketFolder: folder}
  return {...address, dataFolder, processId: server.pid!, [Symbol.asyncDispose]: stop}
}

interface ClusterFiles {
  bin: string
  user: string
  password: string
  folder: string
  dataFolder: string
  identity: {uid?: number; gid?: number}
}

async function makeCluster({bin, user, password, folder, dataFolder, identity}: ClusterFiles): Promise<void> {
  const passwordFile = path.join(folder, 'password')
  await writeFile(passwordFile, `${password}\n`, {mode: 0o600})
  if (identity.uid !== undefined) for (const each of [folder, passwordFile]) await chown(each, identity.uid, identity.gid!)
  const words = [
    '-D',
    dataFolder,
    '-U',
    user,
    '-A',
    'scram-sha-256',
    '--pwfile',
    passwordFile,
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--no-sync',
  ]
  await execa(path.join(bin, 'initdb'), words, {...identity, cwd: folder})
}

/** PostgreSQL refuses to run as root. */
async function serverIdentity(): Promise<{uid?: number; gid?: number}> {
  if (!isRoot) return {}
  return {uid: Number(await run(['id', '-u', 'postgres'])), gid: Number(await run(['id', '-g', 'postgres']))}
}

async function isReady(bin: string, folder: string, port: number): Promise<boolean> {
  const {exitCode} = await execa(path.join(bin, 'pg_isready'), ['-q', '-h', folder, '-p', String(port)], {reject: false})
  return exitCode === 0
}
