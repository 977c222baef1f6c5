import {writeFile} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import type {Finding} from '../../src/lib/domain/finding.ts'
import {sparkone} from '../support/sparkone.ts'
import {requireTestbed, startStack, type Stack, type Testbed} from '../support/testbed/index.ts'

/** The longest that a look may take, whatever is broken. */
const limitMilliseconds = 6000

interface Document {
  exitCode: number
  milliseconds: number
  findings: Finding[]
}

let testbed: Testbed
let stack: Stack | undefined

beforeAll(async () => {
  testbed = await requireTestbed()
  if (!testbed.image || !testbed.composeV2) return
  stack = await startStack(testbed, `health-${process.pid}`, {healthSeconds: 1})
  await writeFile(path.join(stack.folder, 'sparkone.yml'), 'version: 1\nbackup:\n  directory: backups\n', {mode: 0o600})
})

afterAll(() => stack?.[Symbol.asyncDispose]())

/** Runs health and returns its findings by subject; it must have ended in time, with the code that it names. */
async function look(environment: Record<string, string> = {}): Promise<Map<string, Finding>> {
  const {code, stdout} = await sparkone(['health', '--json'], {
    cwd: stack!.folder,
    environment: {...stack!.environment, ...environment},
  })
  const document = JSON.parse(stdout) as Document
  expect(code).toBe(document.exitCode)
  expect(document.milliseconds).toBeLessThan(limitMilliseconds)
  expect(stdout).not.toContain(stack!.database.password)
  expect(stdout).not.toContain(stack!.redisPassword)
  expect(document.findings.filter(({status, hint}) => status !== 'ok' && !hint)).toEqual([])
  return new Map(document.findings.map((finding) => [finding.subject, finding]))
}

/** Stops a service, looks, and brings it back until its own health check passes. */
async function whileStopped(service: string, check: () => Promise<void>): Promise<void> {
  await stack!.compose('stop', '--timeout', '3', service)
  try {
    await check()
  } finally {
    await stack!.compose('start', service)
    await expect.poll(() => healthOf(service), {timeout: 40_000, interval: 200}).toBe('healthy')
  }
}

async function healthOf(service: string): Promise<string> {
  const argv = ['inspect', '--format', '{{.State.Health.Status}}', await stack!.container(service)]
  return (await execa('docker', argv, {env: testbed.environment})).stdout
}

describe.runIf(process.env.CI === 'true' || process.getuid?.() === 0)('health on a real Compose stack', () => {
  it('finds everything well but the container without a health check and the missing backup', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    await expect.poll(() => healthOf('api'), {timeout: 40_000, interval: 200}).toBe('healthy')
    const found = await look()
    for (const subject of ['api /health', 'api /health/database', 'api /health/redis', 'database', 'redis', 'container api', 'disk /']) {
      expect(found.get(subject)).toMatchObject({subject, status: 'ok'})
    }
    expect(found.get('container worker')).toMatchObject({status: 'warning', message: expect.stringContaining('no health check is defined')})
    expect(found.get('backup')).toMatchObject({status: 'critical', message: 'there is no backup'})
  })

  it('finds a stopped API', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    await whileStopped('api', async () => {
      const found = await look()
      expect(found.get('api /health')).toMatchObject({status: 'critical', hint: 'docker compose up -d api'})
      expect(found.get('container api')).toMatchObject({status: 'critical', message: 'exited with code 0'})
      expect(found.get('database')).toMatchObject({status: 'ok'})
    })
  })

  it('finds a stopped database, and the API that turns unhealthy over it', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    await whileStopped('postgres', async () => {
      await expect.poll(() => healthOf('api'), {timeout: 40_000, interval: 200}).toBe('unhealthy')
      const found = await look()
      expect(found.get('database')).toMatchObject({
        status: 'critical',
        message: 'its container is not running (exited)',
        hint: 'docker compose up -d postgres',
      })
      expect(found.get('api /health/database')).toMatchObject({status: 'critical', message: expect.stringMatching(/^503 /)})
      expect(found.get('container api')).toMatchObject({status: 'critical', message: expect.stringMatching(/^unhealthy: .*503/)})
      expect(found.get('redis')).toMatchObject({status: 'ok'})
    })
  })

  it('finds a stopped Redis, without which the API is degraded', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    await whileStopped('redis', async () => {
      const found = await look()
      expect(found.get('redis')).toMatchObject({status: 'critical', hint: 'docker compose up -d redis'})
      expect(found.get('api /health')).toMatchObject({status: 'warning', message: expect.stringContaining('redis down')})
      expect(found.get('database')).toMatchObject({status: 'ok'})
    })
  })

  it('calls the targets of an absent Prometheus unknown', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    await whileStopped('prometheus', async () => {
      const found = await look()
      expect(found.get('prometheus')).toMatchObject({status: 'unknown', hint: expect.stringMatching(/^curl /)})
      expect(found.get('api /health')).toMatchObject({status: 'ok'})
    })
  })

  it('calls the services unknown when Docker does not answer, and still asks the API', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    const found = await look({DOCKER_HOST: `unix://${path.join(stack!.folder, 'no-such.sock')}`})
    expect(found.get('services')).toMatchObject({status: 'unknown', hint: expect.stringContaining('docker')})
    expect(found.has('database')).toBe(false)
    expect(found.get('api /health')).toMatchObject({status: 'ok'})
  })

  it('ends in time when the database container is frozen', async ({skip}) => {
    skip(!stack, 'the engine or Compose is missing')
    await stack!.compose('pause', 'postgres')
    try {
      const found = await look()
      expect(found.get('database')).toMatchObject({status: 'critical', hint: expect.stringContaining('postgres')})
      expect(found.get('container postgres')).toMatchObject({
        status: 'critical',
        message: 'paused',
        hint: 'docker compose unpause postgres',
      })
    } finally {
      await stack!.compose('unpause', 'postgres')
    }
  })
})
