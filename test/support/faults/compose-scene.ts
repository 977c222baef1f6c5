import {execa} from 'execa'
import {startStack, type Stack, type Testbed} from '../testbed/index.ts'
import {leftRunning} from './host-scene.ts'
import {childOf, findPrograms, holdHalfWay, sharesContainer, soon} from './programs.ts'
import {describeScene, lines, shop, type Scene} from './scene.ts'

export interface ComposeScene extends Scene {
  stack: Stack
  container: string
  /** Runs a docker command and returns its output. */
  docker(...words: string[]): Promise<string>
}

/** Makes a shop in the PostgreSQL of a Compose project. */
export async function openComposeScene(testbed: Testbed): Promise<ComposeScene> {
  const project = `faults${process.pid}`
  const stack = await startStack(testbed, project, {services: ['postgres'], databaseName: shop})
  const docker = async (...words: string[]) => (await execa('docker', words, {env: testbed.environment})).stdout
  const container = await stack.container('postgres')
  const scene = await describeScene({
    sql: (statements, name = shop) => stack.sql(statements, name),
    settings: `runtime: compose\ncompose: {project: ${project}}\n`,
    environment: stack.environment,
    leftBehind: async ({project: owner, state}) => [
      ...lines(await docker('ps', '--all', '--format', '{{.Names}}', '--filter', `label=sparkone.throw-away=${owner}-production`)),
      ...lines(await docker('top', container, '-eo', 'pid,args')).filter((line) => /^ *\d+ \S*(?:pg_dump|pg_restore|psql)/.test(line)),
      ...(await leftRunning(state)),
    ],
    holdDump: async (run) => {
      const inside = Number(await docker('inspect', '--format', '{{.State.Pid}}', container))
      const client = await childOf(run, /docker exec .*pg_dump .*--snapshot/)
      const dumps = () => findPrograms('pg_dump', (pid) => sharesContainer(pid, inside), client)
      return holdHalfWay(run, () => soon('pg_dump', async () => (await dumps())[0] ?? null))
    },
    dispose: async () => stack[Symbol.asyncDispose](),
  })
  return {...scene, stack, container, docker}
}
