import {spawn} from 'node:child_process'
import {mkdir, open, readFile, rm} from 'node:fs/promises'
import path from 'node:path'
import {exists, findOnMachine, paths, tryRun, waitFor} from './machine.ts'

const pidFile = path.join(paths.engine, 'dockerd.pid')
const ownHost = `unix://${paths.socket}`

/** Returns the engine to use: the configured one if it answers, else ours if it runs; null when neither does. */
export async function runningEngine(): Promise<string | null> {
  const configured = process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock'
  for (const host of [configured, ownHost]) if (await answers(host)) return host
  return null
}

async function answers(host: string): Promise<boolean> {
  const socket = host.startsWith('unix://') ? host.slice('unix://'.length) : null
  if (socket && !(await exists(socket))) return false
  return (await tryRun(['docker', 'version', '--format', '{{.Server.Version}}'], {DOCKER_HOST: host})) !== null
}

/** Starts an engine of our own in the background, with its own socket and storage, and waits until it answers. */
export async function startEngine(): Promise<string> {
  await clearExecRoot()
  await rm(pidFile, {force: true})
  await mkdir(paths.engine, {recursive: true, mode: 0o711})
  await using log = await open(path.join(paths.engine, 'dockerd.log'), 'w')
  const words = ['--host', ownHost, '--data-root', path.join(paths.engine, 'data'), '--exec-root', path.join(paths.engine, 'exec')]
  const program = (await findOnMachine('dockerd')) ?? 'dockerd'
  const environment = {...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin`}
  const child = spawn(program, [...words, '--pidfile', pidFile, '--log-level', 'warn'], {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    env: environment,
  })
  child.unref()
  await waitFor('the Docker Engine', 60, async () => {
    if (child.exitCode !== null) throw new Error(`dockerd ended at once; see ${path.join(paths.engine, 'dockerd.log')}`)
    return answers(ownHost)
  })
  return ownHost
}

/** An engine that ended leaves its network namespace mounted there, and a mounted file cannot be removed. */
async function clearExecRoot(): Promise<void> {
  const folder = path.join(paths.engine, 'exec')
  const mounts = (await readFile('/proc/mounts', 'utf8').catch(() => '')).split('\n').map((line) => line.split(' ')[1] ?? '')
  for (const mount of mounts.filter((each) => each.startsWith(`${folder}/`)).toReversed()) await tryRun(['umount', '--lazy', mount])
  await rm(folder, {recursive: true, force: true})
}

/** Stops the engine that we started, and none other; returns whether there was one. */
export async function stopEngine(): Promise<boolean> {
  const processId = Number(await readFile(pidFile, 'utf8').catch(() => '0'))
  if (!(await isOurs(processId))) return false
  process.kill(processId, 'SIGTERM')
  await waitFor('the Docker Engine to end', 60, async () => !(await isOurs(processId)))
  return true
}

async function isOurs(processId: number): Promise<boolean> {
  if (!(processId > 1)) return false
  const commandLine = await readFile(`/proc/${processId}/cmdline`, 'utf8').catch(() => '')
  return commandLine.split('\0').includes(pidFile)
}
