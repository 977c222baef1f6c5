import {composeV1, composeV2Version, fetchComposeV2} from './compose.ts'
import {runningEngine, startEngine} from './engine.ts'
import {findHostPostgres} from './host-programs.ts'
import {hasImage, imageName, makeImage} from './image.ts'
import {debianRelease, findOnMachine, installOnMachine, isRoot, lockTestbed, paths} from './machine.ts'

export {startHostCluster, type HostCluster} from './host-cluster.ts'
export {startHostRedis} from './host-redis.ts'
export {startObjectStore, type HostObjectStore} from './object-store.ts'
export {findFreePort} from './free-port.ts'
export {startStack, type Stack, type StackOptions} from './stack.ts'
export {imageName} from './image.ts'

/** What the machine offers to the suites; null and `missing` name what it does not. */
export interface Testbed {
  /** For `DOCKER_HOST`; null without an engine. */
  dockerHost: string | null
  /** Set these for every docker and compose call. */
  environment: {DOCKER_HOST?: string; DOCKER_CONFIG?: string}
  image: string | null
  /** Version of the Compose plugin. */
  composeV2: string | null
  /** Full path of docker-compose 1.x. */
  composeV1: string | null
  hostPostgresBin: string | null
  redisServer: string | null
  /** Full path of each. */
  peers: Record<PeerProgram, string | null>
  missing: string[]
}

type Report = (line: string) => void

/** Programs of other tools that sparkone is held against; each comes with the Debian package of its name. */
const programPackages = ['age', 'restic', 'pgbackrest', 'ceph-mon', 'ceph-osd', 'radosgw', 'logrotate', 'faketime', 'zsh', 'fish'] as const
type PeerProgram = (typeof programPackages)[number]

/** Debian packages that bring what the test bed uses, and how to tell that each is there. */
const machinePackages: {name: string; there: () => Promise<unknown>; since?: number; until?: number}[] = [
  {name: 'docker.io', there: async () => (await runningEngine()) ?? ((await findOnMachine('docker')) && findOnMachine('dockerd'))},
  {name: 'docker-cli', there: () => findOnMachine('docker'), since: 13},
  {name: 'iptables', there: async () => (await runningEngine()) ?? findOnMachine('iptables')},
  {name: 'docker-compose', there: composeV1, until: 12},
  {name: 'postgresql', there: findHostPostgres},
  {name: 'redis-server', there: () => findOnMachine('redis-server')},
  ...programPackages.map((name) => ({name, there: () => findOnMachine(name)})),
]

let once: Promise<Testbed> | undefined

/** Returns the test bed, having started and fetched what was not there; with `CI=true` throws when anything is missing. */
export function requireTestbed(report: Report = (line) => process.stderr.write(`testbed: ${line}\n`)): Promise<Testbed> {
  once ??= prepare(report)
  return once
}

async function prepare(report: Report): Promise<Testbed> {
  await using _lock = await lockTestbed()
  const problems = new Map<string, string>()
  const attempt = async (what: string, work: () => Promise<unknown>) => {
    try {
      await work()
    } catch (error) {
      problems.set(what, error instanceof Error ? error.message.split('\n')[0]! : String(error))
    }
  }
  await attempt('packages', () => installMissing(report))
  await attempt('engine', () => provideEngine(report))
  await attempt('compose', () => provideCompose(report))
  await attempt('image', () => provideImage(report))
  const testbed = await inspectTestbed()
  if (testbed.missing.length === 0) return testbed
  const lines = [...testbed.missing, ...[...problems].map(([what, reason]) => `(${what}: ${reason})`)]
  for (const line of lines) report(`MISSING ${line}`)
  if (process.env.CI === 'true') throw new Error(`The test bed is not whole, and with CI=true it must be: ${lines.join('; ')}`)
  return testbed
}

async function installMissing(report: Report): Promise<void> {
  const release = await debianRelease()
  if (!isRoot || release === null) return
  const wanted: string[] = []
  for (const {name, there, since = 0, until = Infinity} of machinePackages) {
    if (release >= since && release <= until && !(await there())) wanted.push(name)
  }
  if (wanted.length === 0) return
  report(`installing ${wanted.join(', ')}`)
  await installOnMachine(wanted)
}

async function provideEngine(report: Report): Promise<void> {
  if (!isRoot || (await runningEngine())) return
  report('starting the Docker Engine')
  await startEngine()
}

async function provideCompose(report: Report): Promise<void> {
  if ((await composeV2Version()) || !(await findOnMachine('docker'))) return
  await fetchComposeV2((detail) => report(`Compose v2: ${detail}`))
}

async function provideImage(report: Report): Promise<void> {
  const host = await runningEngine()
  if (!host || (await hasImage({DOCKER_HOST: host}))) return
  await makeImage({DOCKER_HOST: host}, (detail) => report(`image: ${detail}`))
}

/** Returns what there is at this moment, without starting or fetching anything. */
export async function inspectTestbed(): Promise<Testbed> {
  const dockerHost = await runningEngine()
  const environment = {...(dockerHost && {DOCKER_HOST: dockerHost}), DOCKER_CONFIG: paths.dockerConfig}
  const [withImage, v2, v1, hostPostgresBin, redisServer, ...peers] = await Promise.all([
    dockerHost ? hasImage(environment) : false,
    composeV2Version(),
    composeV1(),
    findHostPostgres(),
    findOnMachine('redis-server'),
    ...programPackages.map((name) => findOnMachine(name)),
  ])
  const testbed = {
    dockerHost,
    environment,
    image: withImage ? imageName : null,
    composeV2: v2,
    composeV1: v1,
    hostPostgresBin,
    redisServer,
    peers: Object.fromEntries(programPackages.map((name, index) => [name, peers[index] ?? null])) as Testbed['peers'],
  }
  return {...testbed, missing: missingFrom(testbed)}
}

function missingFrom(testbed: Omit<Testbed, 'missing'>): string[] {
  const remedy = 'needs root on Debian, or install it'
  const names: [unknown, string][] = [
    [testbed.dockerHost, `Docker Engine (${remedy})`],
    [testbed.image, `the image ${imageName} (needs the engine and Debian packages)`],
    [testbed.composeV2, `Docker Compose v2 (${remedy})`],
    [testbed.composeV1, `Docker Compose v1 (Debian 12 has the last of it)`],
    [testbed.hostPostgresBin, `PostgreSQL server programs (${remedy})`],
    [testbed.redisServer, `redis-server (${remedy})`],
    ...programPackages.map((name): [unknown, string] => [testbed.peers[name], `${name} (${remedy})`]),
  ]
  return names.filter(([there]) => !there).map(([, name]) => name)
}
