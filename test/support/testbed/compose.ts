import {chmod, copyFile, mkdir} from 'node:fs/promises'
import path from 'node:path'
import {installDebianPackages} from '../../../src/lib/adapters/embedded/debian-packages.ts'
import {exists, findOnMachine, paths, tryRun} from './machine.ts'

/** Returns the version of the Compose plugin, fetched into a Docker configuration of our own when the machine has none. */
export async function composeV2Version(): Promise<string | null> {
  return tryRun(['docker', 'compose', 'version', '--short'], {DOCKER_CONFIG: paths.dockerConfig})
}

/** Unpacks the plugin of Debian 13, one static program that goes with any engine. */
export async function fetchComposeV2(report: (detail: string) => void): Promise<void> {
  const root = path.join(paths.packages, 'compose')
  await installDebianPackages({root, packages: ['docker-compose'], dependencies: false, report})
  const plugin = path.join(paths.dockerConfig, 'cli-plugins', 'docker-compose')
  await mkdir(path.dirname(plugin), {recursive: true})
  const candidates = [
    'usr/libexec/docker/cli-plugins/docker-compose',
    'usr/lib/docker/cli-plugins/docker-compose',
    'usr/bin/docker-compose',
  ]
  for (const candidate of candidates) {
    if (!(await exists(path.join(root, candidate)))) continue
    await copyFile(path.join(root, candidate), plugin)
    return chmod(plugin, 0o755)
  }
  throw new Error('The package docker-compose of Debian 13 brings no plugin.')
}

/** Returns the path of Compose v1, if the `docker-compose` of this machine is that. */
export async function composeV1(): Promise<string | null> {
  const program = await findOnMachine('docker-compose')
  if (!program) return null
  const version = await tryRun([program, 'version', '--short'])
  return version?.startsWith('1.') ? program : null
}
