import {readdir} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {startHostCluster, type HostCluster, type Testbed} from '../testbed/index.ts'
import {childOf, commandLine, hasVariable, holdHalfWay} from './programs.ts'
import {describeScene, shop, type Scene} from './scene.ts'

export interface HostScene extends Scene {
  cluster: HostCluster
  /** Returns a custom-format archive of a database. */
  dump(name: string, ...words: string[]): Promise<Uint8Array>
}

/** Makes a shop in a throw-away cluster of this machine. `settings` are further ones of its sparkone.yml. */
export async function openHostScene(testbed: Testbed, {settings = ''} = {}): Promise<HostScene> {
  const bin = testbed.hostPostgresBin!
  const cluster = await startHostCluster({bin})
  const urlOf = (name: string) => Object.assign(new URL(cluster.url), {pathname: `/${encodeURIComponent(name)}`}).href
  const sql = async (statements: string, name = shop) => {
    const words = ['--no-psqlrc', '--quiet', '--no-align', '--tuples-only', '--set=ON_ERROR_STOP=1']
    return (await execa(path.join(bin, 'psql'), [urlOf(name), ...words], {input: statements})).stdout
  }
  await sql(`CREATE DATABASE ${shop}`, 'postgres')
  const scene = await describeScene({
    sql,
    settings: `runtime: host\ndatabase:\n  url: {env: SHOP_URL}\n${settings}`,
    environment: {SHOP_URL: urlOf(shop)},
    leftBehind: ({state}) => leftRunning(state),
    holdDump: async (run) => {
      const dump = await childOf(run, /pg_dump .*--snapshot/)
      return holdHalfWay(run, async () => dump)
    },
    dispose: async () => cluster[Symbol.asyncDispose](),
  })
  const dump = async (name: string, ...words: string[]) =>
    (await execa(path.join(bin, 'pg_dump'), [`--dbname=${urlOf(name)}`, '--format=custom', ...words], {encoding: 'buffer'})).stdout
  return {...scene, cluster, dump}
}

/** Returns a line for every process that runs with this state folder still go on. */
export async function leftRunning(state: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const words = (await isStartedBy(pid, state)) ? await commandLine(pid) : ''
      return words === '' ? [] : [`process ${words.slice(0, 100)}`]
    }),
  )
  return found.flat()
}

/** Everything that a run starts inherits its environment, which no other process has. */
function isStartedBy(pid: number, state: string): Promise<boolean> {
  return hasVariable(pid, `SPARKONE_STATE_DIR=${state}`)
}
