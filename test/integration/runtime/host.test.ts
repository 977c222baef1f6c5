import {HostRuntime} from '../../../src/lib/adapters/host/runtime.ts'
import {requireTestbed, startHostCluster, startHostRedis} from '../../support/testbed/index.ts'
import {runtimeConformance} from './conformance.ts'
import {localThrowAways} from './local-throw-aways.ts'
import {openRuntime, type Subject} from './subject.ts'

runtimeConformance('the host runtime', async (): Promise<Subject | string> => {
  const {hostPostgresBin: bin, redisServer} = await requireTestbed()
  if (!bin || !redisServer) return 'PostgreSQL or Redis is missing'
  const cluster = await startHostCluster({bin})
  const redis = await startHostRedis({program: redisServer})
  const local = await localThrowAways()
  const withPassword = (password: string) => ({
    DATABASE_URL: cluster.url.replace(cluster.password, password),
    REDIS_URL: redis.url.replace(redis.password, password === cluster.password ? redis.password : password),
  })
  const open: Subject['open'] = (...run) => openRuntime(HostRuntime.open, cluster.socketFolder, withPassword(cluster.password), ...run)
  const {host, port, user, password} = cluster
  let stopped = false
  const stopDatabase = async () => {
    if (!stopped) await cluster[Symbol.asyncDispose]()
    stopped = true
  }
  return {
    ...local,
    runtime: await open(),
    major: Number(/(\d+)\/bin$/.exec(bin)?.[1]),
    hasVectors: false,
    open,
    openWithWrongCredentials: () => openRuntime(HostRuntime.open, cluster.socketFolder, withPassword('wrong')),
    client: {host, port, user, password},
    logged: null,
    services: [],
    redis: 'with password',
    stopDatabase,
    async [Symbol.asyncDispose]() {
      await stopDatabase()
      await redis[Symbol.asyncDispose]()
      await local[Symbol.asyncDispose]()
    },
  }
})
