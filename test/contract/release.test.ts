import {execFile} from 'node:child_process'
import {chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
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
    const env = {PATH: `${at('bin')}:/usr/bin:/bin`, CALLS: at('calls'), ENV_FILE: at('ops/.env'), ...environment}
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
const environmentFile = () => readFile(at('ops/.env'), 'utf8')

describe('ops/release.sh', () => {
  const release = (...words: string[]) => run(at('ops/release.sh'), words)

  beforeEach(async () => {
    await mkdir(at('ops'))
    await copyFile(path.join(root, 'ops/release.sh'), at('ops/release.sh'))
    await writeFile(at('ops/.env'), 'SPARKONE_DOMAIN=api.example.com\nSPARKONE_VERSION=1.0.0\nLOG_LEVEL=info\n', {mode: 0o640})
    await standIn('docker')
    await standIn('sparkone')
    await standIn('git', 'if [ "$1" = rev-parse ]; then echo oldcommit; fi')
  })

  it('backs up, changes the version and nothing else, waits, and asks for health', async () => {
    expect(await release('deploy', '1.1.0', 'newcommit')).toMatchObject({code: 0, output: expect.stringContaining('1.1.0 runs')})
    expect((await calls()).filter((call) => !call.startsWith('git rev-parse'))).toEqual([
      'sparkone backup',
      'git fetch --quiet --depth 1 origin newcommit',
      'git checkout --quiet --detach newcommit',
      'docker compose pull --quiet',
      'docker compose up --detach --wait --wait-timeout 300',
      'sparkone health',
    ])
    expect(await environmentFile()).toBe('SPARKONE_DOMAIN=api.example.com\nSPARKONE_VERSION=1.1.0\nLOG_LEVEL=info\n')
  })

  it('changes nothing when no backup can be made', async () => {
    await standIn('sparkone', 'exit 12')
    expect(await release('deploy', '1.1.0', 'newcommit')).toMatchObject({code: 2, output: expect.stringContaining('nothing was changed')})
    expect((await calls()).filter((call) => /^(docker|git (fetch|checkout))/.test(call))).toEqual([])
    expect(await environmentFile()).toContain('SPARKONE_VERSION=1.0.0')
  })

  it.each([
    ['does not start', 'docker', 'grep -q VERSION=1.1.0 "$ENV_FILE" && [ "$2" = up ] && exit 1; exit 0'],
    ['has no image', 'docker', 'grep -q VERSION=1.1.0 "$ENV_FILE" && [ "$2" = pull ] && exit 1; exit 0'],
    ['is critical', 'sparkone', '[ "$1" = health ] && grep -q VERSION=1.1.0 "$ENV_FILE" && exit 2; exit 0'],
  ])('puts the version before back when the new one %s', async (_, program, body) => {
    await standIn(program, body)
    expect(await release('deploy', '1.1.0', 'newcommit')).toMatchObject({code: 8, output: expect.stringContaining('1.0.0 runs again')})
    expect(await environmentFile()).toContain('SPARKONE_VERSION=1.0.0')
    expect(await calls()).toContain('git checkout --quiet --detach oldcommit')
  })

  it('takes a warning for good enough', async () => {
    await standIn('sparkone', '[ "$1" = health ] && exit 1; exit 0')
    expect((await release('deploy', '1.1.0')).code).toBe(0)
  })

  it('calls for somebody when the version before cannot be brought back either', async () => {
    await standIn('docker', '[ "$2" = up ] && exit 1; exit 0')
    expect(await release('deploy', '1.1.0')).toMatchObject({code: 2, output: expect.stringContaining('somebody has to look')})
  })

  it('goes back to what ran before the last deployment, and only when there was one', async () => {
    expect((await release('back')).code).toBe(9)
    await release('deploy', '1.1.0', 'newcommit')
    expect(await release('back')).toMatchObject({code: 0, output: expect.stringContaining('1.0.0 runs again')})
    expect(await environmentFile()).toContain('SPARKONE_VERSION=1.0.0')
  })

  it.each(['1.0;reboot', '$(reboot)', '-x', '../x', 'a b'])('refuses %s for a version', async (version) => {
    expect((await release('deploy', version)).code).toBe(3)
    expect(await environmentFile()).toContain('SPARKONE_VERSION=1.0.0')
  })
})

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
    expect(await remote(['deploy', '1.1.0', 'abc'])).toEqual({code: 0, output: ''})
    const [call] = await calls()
    expect(call).toMatch(/StrictHostKeyChecking=yes .*deploy@server \/opt\/sparkone\/ops\/release\.sh deploy 1\.1\.0 abc$/)
    expect(call).not.toContain(access.DEPLOY_KEY)
    expect(await readFile(at('calls.key'), 'utf8')).toBe('the private key\n')
    expect(await readFile(at('calls.mode'), 'utf8')).toBe('600\n')
    await expect(readFile(call!.split(' ')[2]!)).rejects.toMatchObject({code: 'ENOENT'})
  })

  it('ends as the release on the server does', async () => {
    await standIn('ssh', 'exit 8')
    expect((await remote(['deploy', '1.1.0', 'abc'])).code).toBe(8)
  })

  it('refuses what a shell would read something into, and to go without a known server', async () => {
    await standIn('ssh')
    expect((await remote(['deploy', '1.1.0; reboot'])).code).toBe(3)
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
