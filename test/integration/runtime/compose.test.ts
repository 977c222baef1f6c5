import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {expect} from 'vitest'
import {ComposeRuntime} from '../../../src/lib/adapters/compose/runtime.ts'
import {requireTestbed, startStack} from '../../support/testbed/index.ts'
import {findingPromises, runtimeConformance} from './conformance.ts'
import {openRuntime, type Subject} from './subject.ts'

runtimeConformance('the compose runtime on a project of Compose v2', () => start(2))
runtimeConformance('the compose runtime on a project of Compose v1', () => start(1), findingPromises)

async function start(composeVersion: 1 | 2): Promise<Subject | string> {
  const testbed = await requireTestbed()
  if (!testbed.image) return 'the Docker Engine is missing'
  if (!(composeVersion === 2 ? testbed.composeV2 : testbed.composeV1)) return `Compose v${composeVersion} is missing`
  // The docker client that the runtime starts reads these.
  Object.assign(process.env, testbed.environment)
  const project = `runtime-v${composeVersion}-${process.pid}`
  const stack = await startStack(testbed, project, {composeVersion, services: ['postgres', 'redis', 'worker']})
  const docker = async (...words: string[]) => (await execa('docker', words, {env: stack.environment})).stdout.split('\n').filter(Boolean)
  const environment = {COMPOSE_FILE: stack.composeFile}
  const open: Subject['open'] = (...run) => openRuntime(ComposeRuntime.open, stack.folder, environment, ...run)
  await writeFile(path.join(stack.folder, 'wrong.yml'), 'version: 1\nredis:\n  password: {env: WRONG}\n', {mode: 0o600})
  const container = await stack.container('postgres')
  const [address] = await docker('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', container)
  const throwAways = () => docker('ps', '--all', '--quiet', '--filter', `label=sparkone.throw-away=${project}-production`)
  return {
    runtime: await open(),
    major: 17,
    hasVectors: true,
    open,
    openWithWrongCredentials: () =>
      openRuntime(ComposeRuntime.open, stack.folder, {...environment, DB_USER: 'nobody', SPARKONE_CONFIG: 'wrong.yml', WRONG: 'wrong'}),
    client: {host: address!, user: stack.database.user, password: stack.database.password},
    processes: async () => (await docker('top', container, '-eo', 'pid,args')).slice(1),
    throwAways,
    async expectUnreachable() {
      const [id] = await throwAways()
      const format = '{{.HostConfig.NetworkMode}} {{len .HostConfig.PortBindings}} {{len .NetworkSettings.Ports}} {{len .Mounts}}'
      expect(await docker('inspect', '--format', format, id!)).toEqual(['none 0 0 0'])
    },
    logged: {service: 'worker', word: 'nothing to do'},
    services: ['postgres', 'redis', 'worker'],
    redis: 'with password',
    stopDatabase: async () => void (await stack.compose('stop', 'postgres')),
    [Symbol.asyncDispose]: () => stack[Symbol.asyncDispose](),
  }
}
