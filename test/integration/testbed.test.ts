import {execa} from 'execa'
import {beforeAll, describe, expect, it} from 'vitest'
import {requireTestbed, startHostCluster, startHostRedis, startStack, type Testbed} from '../support/testbed/index.ts'

let testbed: Testbed
beforeAll(async () => {
  testbed = await requireTestbed()
})

describe('the test bed', () => {
  it.for([2, 1] as const)('brings up a healthy stack with Compose v%s and leaves nothing of it behind', async (composeVersion, {skip}) => {
    const compose = composeVersion === 2 ? testbed.composeV2 : testbed.composeV1
    skip(!testbed.image || !compose, 'the engine or this Compose is missing')
    const project = `testbed-v${composeVersion}-${process.pid}`
    {
      await using stack = await startStack(testbed, project, {composeVersion, services: ['postgres', 'redis', 'worker']})
      await stack.sql('CREATE EXTENSION vector')
      expect(await stack.sql("SELECT current_user, '[1,2]'::vector")).toBe('sparkone|[1,2]')
      expect(await stack.container('redis')).toMatch(/^[0-9a-f]{64}$/)
    }
    const filter = ['--quiet', '--filter', `label=com.docker.compose.project=${project}`]
    for (const list of [
      ['ps', '--all'],
      ['volume', 'ls'],
      ['network', 'ls'],
    ]) {
      expect((await execa('docker', [...list, ...filter], {env: testbed.environment})).stdout).toBe('')
    }
  })

  it('starts PostgreSQL and Redis of the machine, which ask for their passwords', async ({skip}) => {
    skip(!testbed.hostPostgresBin || !testbed.redisServer, 'PostgreSQL or Redis is missing')
    await using cluster = await startHostCluster({bin: testbed.hostPostgresBin!})
    await using redis = await startHostRedis({program: testbed.redisServer!})
    expect((await execa('psql', [cluster.url, '-Atc', 'SELECT 1'])).stdout).toBe('1')
    const withoutPassword = new URL(cluster.url)
    withoutPassword.password = ''
    expect((await execa('psql', ['--no-password', withoutPassword.href], {reject: false})).stderr).toContain('no password supplied')
    expect((await execa('redis-cli', ['-p', String(redis.port), 'ping'])).stdout).toContain('NOAUTH')
  })
})
