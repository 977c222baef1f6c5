import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {readDocument, type JsonDocument} from '../support/documents.ts'
import {startSparkone} from '../support/faults/process.ts'
import {everydayRequest, startLoad} from '../support/load.ts'
import {failuresOf, idleShare} from '../support/machine-load.ts'
import {startProduction, type Production} from '../support/ops/production.ts'
import {requireTestbed} from '../support/testbed/index.ts'

let production: Production | null = null

beforeAll(async () => {
  const testbed = await requireTestbed()
  if (!testbed.image || !testbed.composeV2 || process.getuid?.() !== 0) return
  production = await startProduction(testbed, `deploy-${process.pid}`, {API_REPLICAS: '1'})
  await production.compose('stop', '--timeout', '1', 'backup', 'alertmanager', 'node-exporter', 'receiver')
  await production.compose('exec', '-T', 'api', 'node', '/app/server.mjs', 'seed', '--scale', '0.02')
  await hasten(path.join(production.folder, 'sparkone.yml'))
  const breaking = {name: '004-later', sql: 'CREATE TABLE later (id bigint PRIMARY KEY)', breaking: true}
  await production.release('v2')
  await production.release('v3', {badAfterSeconds: 10})
  await production.release('v4', {migration: breaking})
}, 900_000)
afterAll(async () => production?.[Symbol.asyncDispose]())

describe('a release', () => {
  it('comes up under load without a lost request, and its plan changes nothing', async ({skip}) => {
    const {local} = stackOr(skip)
    const {plan} = await document('deploy', 'v2', '--dry-run')
    expect((plan as string[]).join('\n')).toMatch(/:v2 .* instead of .*:v1[^]*nginx \(.*\) is asked whether it sends/)
    expect(await versionsRunning()).toEqual(['v1'])
    const load = startLoad(local, 50, everydayRequest)
    let done: JsonDocument | null = null
    const idle = await idleShare(async () => (done = await document('deploy', 'v2', '--yes')))
    const report = await load.stop()
    expect(done).toMatchObject({
      exitCode: 0,
      status: 'done',
      release: {version: 'v2', outcome: 'good', schema: {after: expect.arrayContaining([{name: '001-domain', breaking: false}])}},
    })
    const said = (await production!.compose('logs', '--no-log-prefix', 'nginx')).split('\n').filter((line) => /\[(error|warn)\]/.test(line))
    expect(failuresOf(report, idle).slice(0, 5), said.slice(-20).join('\n')).toEqual([])
    expect(await versionsRunning()).toEqual(['v2'])
    expect(await readFile(path.join(production!.folder, '.env'), 'utf8')).toContain('\nSPARKONE_VERSION=v2\n')
  })

  it('that turns bad after a while is put back by itself, and ends with 8', async ({skip}) => {
    stackOr(skip)
    expect(await document('deploy', 'v3', '--yes')).toMatchObject({exitCode: 8, error: {kind: 'rolledBack'}})
    expect(await versionsRunning()).toEqual(['v2'])
    expect(await document('releases')).toMatchObject({
      releases: [{version: 'v3', outcome: 'put back'}, {version: 'v2', outcome: 'good'}, {version: 'v1'}],
    })
  })

  it.for([
    {moment: /Bring the schema up to date/, step: 'migrate'},
    {moment: /End .*-api-\d+/, step: 'replace'},
    {moment: /Watch the release/, step: 'soak'},
  ])('that is killed at the step $step must be ended by resume before anything else', async ({moment, step}, {skip}) => {
    stackOr(skip)
    await using _names = production!.followNames()
    const run = startSparkone(step === 'migrate' ? ['deploy', 'v4', '--yes'] : ['deploy', 'resume', '--yes'], at())
    await run.prints(moment)
    run.child.kill('SIGKILL')
    await run.ended
    expect(await document('deploy', 'v2', '--yes')).toMatchObject({exitCode: 4, error: {kind: 'refused'}})
    expect(await document('releases')).toMatchObject({
      releases: expect.arrayContaining([expect.objectContaining({version: 'v4', outcome: null, step})]),
    })
    if (step !== 'soak') return
    expect(await document('deploy', 'resume', '--yes')).toMatchObject({exitCode: 0, release: {version: 'v4', outcome: 'good'}})
    expect(await versionsRunning()).toEqual(['v4'])
  })

  it('that older code cannot work with is not gone back from, but with the data of before', async ({skip}) => {
    const {local} = stackOr(skip)
    const containers = await production!.compose('ps', '--quiet', 'api')
    expect(await document('rollback', '--yes')).toMatchObject({
      exitCode: 6,
      error: {kind: 'incompatible', hint: expect.stringContaining('--with-data')},
    })
    expect(await production!.compose('ps', '--quiet', 'api')).toBe(containers)
    expect(await document('rollback', 'v2', '--with-data', '--yes')).toMatchObject({
      exitCode: 0,
      release: {kind: 'rollback', version: 'v2', outcome: 'good'},
    })
    expect(await versionsRunning()).toEqual(['v2'])
    const tables = await production!.compose(
      'exec',
      '-T',
      'postgres',
      'psql',
      '--username=sparkone',
      '--tuples-only',
      '--command',
      "SELECT to_regclass('later')",
    )
    expect(tables.trim()).toBe('')
    expect((await fetch(`${local}/health`)).status).toBe(200)
  })
})

function stackOr(skip: (condition: boolean, note: string) => void): Production & {local: string} {
  skip(!production, 'root, the engine, its image or Compose v2 is missing')
  return {...production!, local: `http://127.0.0.1:${production!.ports.local}`}
}

function at() {
  return {cwd: production!.folder, environment: production!.environment}
}

/** Types a command, and returns its document. */
async function document(...words: string[]): Promise<JsonDocument> {
  await using _names = production!.followNames()
  const {stdout, code} = await startSparkone([...words, '--json'], at()).ended
  const answer = readDocument(stdout, words[1] === 'resume' ? 'deploy-resume' : words[0]!)
  expect(code).toBe(answer.exitCode)
  return answer
}

async function versionsRunning(): Promise<string[]> {
  const images = await production!.compose('ps', '--format', '{{.Image}}', 'api')
  return [...new Set(images.split('\n').filter(Boolean))].map((image) => image.split(':')[1]!)
}

/** Makes waiting as short as a test, and leaves the rest as it is shipped. */
async function hasten(file: string): Promise<void> {
  const quick = 'deploy:\n  gate: {interval: 200ms}\n  soak: {duration: 6s}\n'
  await writeFile(file, (await readFile(file, 'utf8')).replace('deploy:\n', quick))
}
