import {spawn} from 'node:child_process'
import {cp, mkdir, mkdtemp, open, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {findOnMachine, isRoot, paths, tryRun, waitFor} from './machine.ts'

export interface PrivateEngine {
  /** Socket of the engine itself. */
  socket: string
  /** Runs docker on it and returns what it printed. */
  docker(...words: string[]): Promise<string>
  /** Makes an image that runs `sleep` and differs from all others by its label; returns its ID. */
  image(label: string, ...names: string[]): Promise<string>
  [Symbol.asyncDispose](): Promise<void>
}

/** Whether an engine of one's own can be started here. */
export async function canStartPrivateEngine(): Promise<boolean> {
  return isRoot && (await findOnMachine('dockerd')) !== null
}

/** Starts an engine with nothing in it and no way to the network, for tests that remove things. It ends, and its folder goes, with it. */
export async function startPrivateEngine(): Promise<PrivateEngine> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sparkone-engine-'))
  const socket = path.join(folder, 'docker.sock')
  const environment = {DOCKER_HOST: `unix://${socket}`, DOCKER_CONFIG: paths.dockerConfig}
  const stop = await startDaemon(folder, socket, environment)
  const docker = async (...words: string[]) => (await execa('docker', words, {env: environment, stdin: 'ignore'})).stdout
  const tree = await makeTree(path.join(folder, 'tree'))
  return {
    socket,
    docker,
    async image(label, ...names) {
      const archive = execa('tar', ['-C', tree, '-c', '.'], {encoding: 'buffer'})
      const words = ['import', '--change', `LABEL test=${label}`, '-', ...names.slice(0, 1)]
      const id = (await archive.pipe('docker', words, {env: environment, encoding: 'utf8'})).stdout
      for (const name of names.slice(1)) await docker('tag', id, name)
      return id
    },
    async [Symbol.asyncDispose]() {
      await stop()
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function startDaemon(folder: string, socket: string, environment: {DOCKER_HOST: string}): Promise<() => Promise<void>> {
  const places = ['--data-root', path.join(folder, 'data'), '--exec-root', path.join(folder, 'exec'), '--pidfile', path.join(folder, 'pid')]
  const apart = ['--bridge', 'none', '--iptables=false', '--ip-forward=false', '--log-level', 'error']
  await using log = await open(path.join(folder, 'log'), 'w')
  // In a network of its own: an engine without a bridge removes docker0, which is that of another engine.
  const words = ['--net', '--', (await findOnMachine('dockerd'))!, '--host', `unix://${socket}`, ...places, ...apart]
  const daemon = spawn('unshare', words, {
    stdio: ['ignore', log.fd, log.fd],
    env: {...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`},
  })
  const ended = new Promise<void>((resolve) => void daemon.once('exit', () => resolve()))
  await waitFor('an engine of its own', 30, async () => (await tryRun(['docker', 'version'], environment)) !== null)
  return async () => {
    daemon.kill('SIGTERM')
    await ended
  }
}

/** The smallest tree in which something can run. */
async function makeTree(tree: string): Promise<string> {
  const program = (await findOnMachine('sleep'))!
  const {stdout} = await execa((await findOnMachine('ldd'))!, [program])
  for (const file of [program, ...(stdout.match(/\/\S+/g) ?? [])]) {
    const copy = path.join(tree, file === program ? 'bin/sleep' : file)
    await mkdir(path.dirname(copy), {recursive: true})
    await cp(file, copy, {dereference: true})
  }
  return tree
}
