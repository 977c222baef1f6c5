import {rm, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {startFauxqs} from 'fauxqs'
import {afterAll, beforeAll, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../../support/faults/host-scene.ts'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'
import {requireTestbed} from '../../support/testbed/index.ts'

type Answer = Record<string, never> & {exitCode: number; id: string}

const secret = 'letmein-4711'
let scene: HostScene | null = null
let vault: ScriptedStore
let attic: Awaited<ReturnType<typeof startFauxqs>>

beforeAll(async () => {
  const {hostPostgresBin} = await requireTestbed()
  vault = await ScriptedStore.start()
  attic = await startFauxqs({port: 0, logger: false, init: {buckets: ['copies']}})
  if (!hostPostgresBin) return
  scene = await openHostScene(await requireTestbed())
  const key = path.join(scene.folder, 'key')
  await writeFile(key, secret, {mode: 0o600})
  const target = (name: string, endpoint: string) =>
    `    - {name: ${name}, bucket: copies, prefix: ops, endpoint: "${endpoint}", accessKeyId: {env: KEY_ID}, secretAccessKey: {file: key}, timeout: 2s, attempts: 3}\n`
  const targets = `${target('vault', vault.endpoint)}${target('attic', attic.address)}`
  const settings = `version: 1\nproject: ${scene.project}\nruntime: host\ndatabase: {url: {env: SHOP_URL}}\n`
  await writeFile(path.join(scene.folder, 'sparkone.yml'), `${settings}backup:\n  directory: ./backups\n  jobs: 2\n  offsite:\n${targets}`)
})

afterAll(async () => {
  await scene?.[Symbol.asyncDispose]()
  await vault[Symbol.asyncDispose]()
  await attic.stop()
})

async function does(words: readonly string[]): Promise<{code: number; answer: Answer; text: string}> {
  const {code, stdout, stderr} = await scene!.run([...words, '--json'], {environment: {KEY_ID: 'operator'}})
  expect(`${stdout}${stderr}`).not.toContain(secret)
  return {code, answer: JSON.parse(stdout) as Answer, text: stderr}
}

it('a backup is copied to each target, and comes back from a bucket when nothing is left here', async ({skip}) => {
  if (!scene) return skip('PostgreSQL is missing')
  const {code, answer} = await does(['backup'])
  expect({code, copies: answer.copies}).toMatchObject({
    code: 0,
    copies: [
      {target: 'vault', confirmed: true},
      {target: 'attic', confirmed: true},
    ],
  })
  const before = await scene.fingerprint()
  await rm(path.join(scene.folder, 'backups'), {recursive: true})
  await rm(scene.state, {recursive: true})
  await scene.sql('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
  const listed = await does(['restore', '--list'])
  expect(listed.answer.backups).toMatchObject([{id: answer.id, where: ['vault', 'attic']}])
  const proven = await does(['verify', 'latest', '--from', 'attic'])
  expect(proven).toMatchObject({code: 0, answer: {proof: {passed: true}}})
  const restored = await does(['restore', answer.id, '--yes'])
  expect(restored).toMatchObject({code: 0, answer: {label: answer.id}})
  expect(await scene.fingerprint()).toBe(before)
  await scene.dropKept()
}, 120_000)

it('with a target down the backup is whole here, ends with 1, and sync finishes it', async ({skip}) => {
  if (!scene) return skip('PostgreSQL is missing')
  vault
    .fail('put', {kind: 'error', status: 500, code: 'InternalError'}, {times: 3})
    .fail('begin', {kind: 'error', status: 500, code: 'InternalError'}, {times: 3})
  const {code, answer} = await does(['backup'])
  expect(code).toBe(1)
  expect(answer.copies).toMatchObject([
    {target: 'vault', confirmed: false, failure: {hint: expect.stringContaining('sync')}},
    {target: 'attic', confirmed: true},
  ])
  vault.heal()
  const planned = await does(['sync', '--dry-run'])
  expect(planned.answer.plan).toContainEqual(expect.stringContaining(`copy ${answer.id}`))
  const synced = await does(['sync'])
  expect(synced).toMatchObject({
    code: 0,
    answer: {
      targets: [
        {target: 'vault', copied: [{id: answer.id}]},
        {target: 'attic', copied: []},
      ],
    },
  })
}, 120_000)

it('health says how old the newest copy is, and that nothing is known of a target that refuses', async ({skip}) => {
  if (!scene) return skip('PostgreSQL is missing')
  vault.denied.add('list')
  const {answer} = await does(['health'])
  vault.heal()
  const findings = (answer.findings as unknown as {subject: string}[]).filter(({subject}) => subject.startsWith('offsite'))
  expect(findings).toMatchObject([
    {subject: 'offsite vault', status: 'unknown'},
    {subject: 'offsite attic', status: 'ok'},
  ])
}, 60_000)

it('keys are references, and one that is written out is refused without being repeated', async ({skip}) => {
  if (!scene) return skip('PostgreSQL is missing')
  const file = path.join(scene.folder, 'literal.yml')
  await writeFile(
    file,
    'version: 1\nruntime: host\ndatabase: {url: {env: SHOP_URL}}\nbackup: {offsite: [{name: a, bucket: b, accessKeyId: AKIA, secretAccessKey: hunter2}]}\n',
  )
  const {code, stdout, stderr} = await scene.run(['config', '--config', file])
  expect(code).toBe(3)
  expect(stderr).toContain('backup.offsite[0].secretAccessKey')
  expect(`${stdout}${stderr}`).not.toContain('hunter2')
}, 60_000)
