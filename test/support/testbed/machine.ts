import {access, constants, mkdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'

export const isRoot = process.getuid?.() === 0

/** Where the engine, the image tree and the state of the test bed live; short, since sockets lie below it. */
export const testbedFolder =
  process.env.SPARKONE_TESTBED_DIR ?? (isRoot ? '/var/lib/sparkone-testbed' : path.join(tmpdir(), `sparkone-testbed-${process.getuid?.()}`))

export const paths = {
  engine: path.join(testbedFolder, 'engine'),
  socket: path.join(testbedFolder, 'docker.sock'),
  dockerConfig: path.join(testbedFolder, 'docker-config'),
  packages: path.join(testbedFolder, 'packages'),
  lock: path.join(testbedFolder, 'lock'),
  manual: path.join(testbedFolder, 'stack'),
}

/** Returns the standard output of a program, or null when it fails or is not there. */
export async function tryRun(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string | null> {
  const {failed, stdout} = await execa(argv[0]!, argv.slice(1), {env: environment, reject: false, stdin: 'ignore', timeout: 60_000})
  return failed ? null : stdout
}

export async function run(argv: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<string> {
  return (await execa(argv[0]!, argv.slice(1), {env: environment, stdin: 'ignore'})).stdout
}

export function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  )
}

/** Returns the full path of a program on the search path or in the folders for the administrator, or null. */
export async function findOnMachine(name: string): Promise<string | null> {
  for (const folder of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin']) {
    const file = path.join(folder, name)
    const found = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (found && folder !== '') return file
  }
  return null
}

/** Returns the major version of Debian, or null on another system. */
export async function debianRelease(): Promise<number | null> {
  const text = (await exists('/etc/os-release')) ? await readFile('/etc/os-release', 'utf8') : ''
  const version = /^VERSION_ID="?(\d+)/m.exec(text)?.[1]
  return /^ID=debian$/m.test(text) && version ? Number(version) : null
}

/** Installs packages on this machine without letting any of their services start. */
export async function installOnMachine(packages: readonly string[]): Promise<void> {
  const environment = {DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C', UCF_FORCE_CONFFOLD: '1'}
  await using _quiet = await forbidServices()
  if (packages.includes('postgresql')) await forbidMainCluster()
  // A third-party source that does not answer must not stop us: the installation decides.
  await tryRun(['apt-get', 'update', '-q'], environment)
  await run(
    ['apt-get', 'install', '-q', '--yes', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', ...packages],
    environment,
  )
}

async function forbidServices(): Promise<AsyncDisposable> {
  const policy = '/usr/sbin/policy-rc.d'
  if (await exists(policy)) return {[Symbol.asyncDispose]: async () => {}}
  await writeFile(policy, '#!/bin/sh\nexit 101\n', {mode: 0o755})
  return {[Symbol.asyncDispose]: () => rm(policy)}
}

async function forbidMainCluster(): Promise<void> {
  const file = '/etc/postgresql-common/createcluster.conf'
  if (await exists(file)) return
  await mkdir(path.dirname(file), {recursive: true})
  await writeFile(file, 'create_main_cluster = false\n')
}

/** Waits until `condition` gives something and returns it; throws after `seconds`. */
export async function waitFor<T>(what: string, seconds: number, condition: () => Promise<T | null | false>): Promise<T> {
  const limit = Date.now() + seconds * 1000
  for (;;) {
    const result = await condition()
    if (result !== null && result !== false) return result
    if (Date.now() > limit) throw new Error(`Waited ${seconds} s in vain for ${what}.`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** Holds the lock of the test bed, so that only one process prepares it; a lock whose owner is gone is taken over. */
export async function lockTestbed(): Promise<AsyncDisposable> {
  await mkdir(testbedFolder, {recursive: true, mode: 0o755})
  if (isRoot && (await stat(testbedFolder)).uid !== 0) throw new Error(`${testbedFolder} belongs to somebody else.`)
  await waitFor('another preparation of the test bed', 600, takeLock)
  return {[Symbol.asyncDispose]: () => rm(paths.lock, {force: true})}
}

async function takeLock(): Promise<boolean> {
  try {
    await writeFile(paths.lock, String(process.pid), {flag: 'wx'})
    return true
  } catch {
    const owner = Number(await readFile(paths.lock, 'utf8').catch(() => '0'))
    if (owner > 0 && !(await exists(`/proc/${owner}`))) await rm(paths.lock, {force: true})
    return false
  }
}
