import {execFile} from 'node:child_process'
import {chmod, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import type {AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

interface Run {
  code: number
  output: string
}

let folder: string
const at = (name: string) => path.join(folder, name)

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'release-'))
})
afterEach(() => rm(folder, {recursive: true, force: true}))

function run(program: string, words: string[], environment: Record<string, string> = {}): Promise<Run> {
  return new Promise((resolve) => {
    const env = {PATH: `${at('bin')}:/usr/bin:/bin`, CALLS: at('calls'), ...environment}
    execFile(program, words, {env}, (error, stdout, stderr) => resolve({code: Number(error?.code ?? 0), output: stdout + stderr}))
  })
}

/** Puts a program in the way that notes how it was called; `body` decides how it ends. */
async function standIn(name: string, body = ''): Promise<void> {
  await mkdir(at('bin'), {recursive: true})
  await writeFile(at(`bin/${name}`), `#!/bin/sh\necho "${name} $*" >>"$CALLS"\n${body}\n`)
  await chmod(at(`bin/${name}`), 0o755)
}

const calls = async () => (await readFile(at('calls'), 'utf8')).trim().split('\n')

describe('.github/remote.sh', () => {
  const access = {
    DEPLOY_HOST: 'server',
    DEPLOY_USER: 'deploy',
    DEPLOY_KEY: 'the private key',
    DEPLOY_KNOWN_HOSTS: 'server ssh-ed25519 AAAA',
  }
  const remote = (words: string[], environment: Record<string, string> = access) =>
    run(path.join(root, '.github/remote.sh'), words, {TMPDIR: folder, ...environment})

  it('logs in by key to the one known server, shows the key to nobody and leaves it nowhere', async () => {
    await standIn('ssh', 'cp "$2" "$CALLS.key"; stat -c %a "$2" >"$CALLS.mode"')
    expect(await remote(['deploy', '1.1.0'])).toEqual({code: 0, output: ''})
    const [call] = await calls()
    expect(call).toMatch(
      /StrictHostKeyChecking=yes .*deploy@server cd \/opt\/sparkone\/ops && \{ sparkone deploy 1\.1\.0 --yes --json; \}$/,
    )
    expect(call).not.toContain(access.DEPLOY_KEY)
    expect(await readFile(at('calls.key'), 'utf8')).toBe('the private key\n')
    expect(await readFile(at('calls.mode'), 'utf8')).toBe('600\n')
    await expect(readFile(call!.split(' ')[2]!)).rejects.toMatchObject({code: 'ENOENT'})
  })

  it.each([
    [0, 0],
    [1, 0],
    [2, 2],
    [5, 5],
    [8, 8],
    [255, 255],
  ])('of a release that ends with %i makes %i', async (onServer, here) => {
    await standIn('ssh', `exit ${onServer}`)
    expect((await remote(['deploy', '1.1.0'])).code).toBe(here)
  })

  it('goes back, and tells how things stand, by sparkone as well', async () => {
    await standIn('ssh')
    await remote(['rollback'], {...access, DEPLOY_FOLDER: '/srv/shop'})
    await remote(['status'])
    const [back, status] = await calls()
    expect(back).toMatch(/cd \/srv\/shop\/ops && \{ sparkone rollback --yes --json; \}$/)
    expect(status).toContain('sparkone releases; docker compose ps --all')
  })

  it.each([[], ['deploy'], ['deploy', '1.0', 'abc'], ['rollback', '1.0'], ['reboot']])(
    'refuses %s %s %s, and asks nobody',
    async (...words) => {
      await standIn('ssh')
      expect((await remote(words)).code).toBe(3)
      await expect(calls()).rejects.toMatchObject({code: 'ENOENT'})
    },
  )

  it('refuses what a shell would read something into, and to go without a known server', async () => {
    await standIn('ssh')
    for (const version of ['1.1.0; reboot', '$(reboot)', '-x', 'a b']) expect((await remote(['deploy', version])).code).toBe(3)
    expect((await remote(['deploy', '1.1.0'], {...access, DEPLOY_KNOWN_HOSTS: ''})).code).not.toBe(0)
    await expect(calls()).rejects.toMatchObject({code: 'ENOENT'})
  })
})

describe('the smoke tests', () => {
  type Answers = Record<string, {status: number; body?: object; headers?: Record<string, string>}>
  const strict = {'strict-transport-security': 'max-age=31536000'}
  const healthy: Answers = {
    '/health/ready': {status: 200},
    '/health': {status: 200, body: {status: 'ok'}},
    '/health/live': {status: 200, headers: strict},
    '/health/database': {status: 200},
    '/v1/messages': {status: 400, headers: {'content-type': 'application/problem+json'}},
  }
  let server: Server | undefined

  afterEach(() => server?.close())

  async function smoke(answers: Answers): Promise<Run> {
    server = createServer(({url}, reply) => {
      const {status, body = {}, headers} = answers[url!] ?? {status: 404}
      reply.writeHead(status, headers).end(JSON.stringify(body))
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server!.once('listening', resolve))
    const {port} = server.address() as AddressInfo
    return run(process.execPath, [path.join(root, 'scripts/smoke.ts'), `http://127.0.0.1:${port}`, '0'])
  }

  it('pass on a stack that is well', async () => {
    const {code, output} = await smoke(healthy)
    expect(output).not.toContain('FAILED')
    expect(code).toBe(0)
  })

  it.each<[string, Answers]>([
    ['every component is well', {'/health': {status: 200, body: {status: 'degraded'}}}],
    ['the database answers', {'/health/database': {status: 503}}],
    ['metrics are hidden from the world', {'/metrics': {status: 200}}],
    ['security headers are set', {'/health/live': {status: 200}}],
  ])('fail unless %s', async (what, answers) => {
    const {code, output} = await smoke({...healthy, ...answers})
    expect(output).toContain(`FAILED  ${what}`)
    expect(code).toBe(2)
  })

  it('fail where nobody answers', async () => {
    const {code, output} = await run(process.execPath, [path.join(root, 'scripts/smoke.ts'), 'http://127.0.0.1:1', '0'])
    expect([code, output.match(/FAILED/g)!.length]).toEqual([2, 7])
  })
})
