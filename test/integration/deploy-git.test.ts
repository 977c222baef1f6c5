import {mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {readDocument} from '../support/documents.ts'
import {startSparkone} from '../support/faults/process.ts'
import {imageName, requireTestbed, startStack, type Stack} from '../support/testbed/index.ts'

/** A service that is built from the repository that its Compose file lies in. */
const composeFile = `services:
  shop:
    image: \${COMPOSE_PROJECT_NAME}-shop:\${SPARKONE_VERSION}
    build: .
    command: [sh, -c, 'echo "this is $$(cat /shop.txt)"; sleep infinity']
    init: true
    healthcheck: {test: [CMD, test, -f, /shop.txt], interval: 1s}
  worker:
    image: \${COMPOSE_PROJECT_NAME}-shop:\${SPARKONE_VERSION}
    scale: 0
`

const configuration = `version: 1
compose: {files: [compose.yml, shop.yml]}
database: {service: postgres}
api: {service: shop}
deploy:
  source: git
  services: [worker, shop]
  settle: 1s
  gate: {interval: 100ms}
  soak: {duration: 1s}
`

let stack: Stack | null = null
let origin = ''

beforeAll(async () => {
  const testbed = await requireTestbed()
  if (!testbed.image || !testbed.composeV2) return
  stack = await startStack(testbed, `git-${process.pid}`, {services: ['postgres']})
  origin = await mkdtemp(path.join(tmpdir(), 'origin-'))
  await git('init', '--quiet', '--bare', '--initial-branch=main', origin)
  await git('init', '--quiet', '--initial-branch=main')
  await git('remote', 'add', 'origin', origin)
  await writeFile(path.join(stack.folder, '.gitignore'), '.env\nsecrets/\n')
  await writeFile(path.join(stack.folder, 'Dockerfile'), `FROM ${imageName}\nCOPY shop.txt /shop.txt\n`)
  await writeFile(path.join(stack.folder, 'shop.yml'), composeFile)
  await writeFile(path.join(stack.folder, 'sparkone.yml'), configuration)
  await commit('the first shop')
  await git('push', '--quiet', '--set-upstream', 'origin', 'main')
  await writeFile(path.join(stack.folder, '.env'), 'SPARKONE_VERSION=first\n', {flag: 'a'})
  await shop('up', '--detach', '--build', '--wait', 'shop')
}, 120_000)
afterAll(async () => {
  if (!stack) return
  const images = await docker('image', 'ls', '--quiet', `${stack.project}-shop`)
  await stack[Symbol.asyncDispose]()
  await rm(origin, {recursive: true, force: true})
  if (images !== '') await docker('image', 'rm', '--force', ...new Set(images.split('\n')))
})

describe('a release that is a commit', () => {
  it('is fetched, built beside what is checked out, and brought up; and gone back from', async ({skip}) => {
    skip(!stack, 'the engine, its image or Compose v2 is missing')
    const first = await git('rev-parse', 'HEAD')
    await commit('the second shop')
    await git('push', '--quiet')
    const second = await git('rev-parse', 'HEAD')
    await git('reset', '--quiet', '--hard', first)
    const planned = await sparkone('deploy', '--dry-run')
    const lines = [`  ${second.slice(0, 7)} the second shop`, 'worker: no container runs, and none is started']
    expect(planned).toMatchObject({status: 'planned', plan: expect.arrayContaining(lines)})
    expect(await git('rev-parse', 'HEAD')).toBe(first)
    expect(await sparkone('deploy', '--yes', '--skip-backup')).toMatchObject({
      exitCode: 0,
      remarks: [],
      // Prometheus is in the Compose file and not up; a second is too short to be asked about.
      soak: {notes: expect.arrayContaining([expect.stringContaining('errors and p95 were not compared: 1 s are too short')])},
      release: {commit: second, version: second.slice(0, 12), outcome: 'good'},
      lastLines: ['this is the second shop'],
    })
    expect(await git('rev-parse', 'HEAD')).toBe(second)
    expect((await git('worktree', 'list')).split('\n')).toHaveLength(1)
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('sparkone-commit-'))).toEqual([])
    expect(await sparkone('rollback', '--yes')).toMatchObject({
      exitCode: 0,
      release: {commit: first},
      lastLines: ['this is the first shop'],
    })
    expect(await git('rev-parse', 'HEAD')).toBe(first)
  })

  it('is not brought up over files that were changed here, nor when there is none of that name', async ({skip}) => {
    skip(!stack, 'the engine, its image or Compose v2 is missing')
    expect(await sparkone('deploy', 'v9', '--yes')).toMatchObject({exitCode: 9, error: {kind: 'notFound'}})
    await writeFile(path.join(stack!.folder, 'shop.txt'), 'changed by hand\n')
    expect(await sparkone('deploy', '--yes')).toMatchObject({exitCode: 4, error: {details: ['M shop.txt']}})
    await git('checkout', '--quiet', 'shop.txt')
  })
})

async function commit(text: string): Promise<void> {
  await writeFile(path.join(stack!.folder, 'shop.txt'), `${text}\n`)
  await git('add', '.')
  await git('commit', '--quiet', '--message', text)
}

async function git(...words: string[]): Promise<string> {
  const author = ['-c', 'user.name=shop', '-c', 'user.email=shop@example.com']
  return (await execa('git', [...author, ...words], {cwd: stack!.folder})).stdout
}

async function docker(...words: string[]): Promise<string> {
  return (await execa('docker', words, {env: stack!.environment})).stdout
}

async function shop(...words: string[]): Promise<void> {
  const files = ['--file', 'compose.yml', '--file', 'shop.yml']
  await execa('docker', ['compose', ...files, ...words], {cwd: stack!.folder, env: stack!.environment})
}

async function sparkone(...words: string[]) {
  const {COMPOSE_FILE: _own, ...environment} = stack!.environment
  const state = {SPARKONE_STATE_DIR: path.join(stack!.folder, 'secrets/state')}
  const {stdout} = await startSparkone([...words, '--json'], {cwd: stack!.folder, environment: {...environment, ...state}}).ended
  return readDocument(stdout, words[0])
}
