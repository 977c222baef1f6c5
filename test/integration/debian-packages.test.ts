import {access, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {installDebianPackages} from '../../src/lib/adapters/embedded/debian-packages.ts'
import {embeddedPrograms} from '../../src/lib/adapters/embedded/embedded-programs.ts'
import {findProgram} from '../../src/lib/adapters/embedded/local-programs.ts'

const withApt = (await findProgram('apt-get')) !== null

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'packages-'))
})
afterAll(() => rm(folder, {recursive: true, force: true}))

const wanted = (name: string) => ({root: path.join(folder, name), packages: ['hostname'], dependencies: false})

describe.runIf(withApt)('Debian packages', () => {
  it('are unpacked once, and not again when they are there', async () => {
    const reports: string[] = []
    const request = {...wanted('once'), report: (detail: string) => reports.push(detail)}
    await installDebianPackages(request)
    await access(path.join(request.root, 'usr/bin/hostname'))
    const first = reports.length
    await installDebianPackages(request)
    expect(first).toBeGreaterThan(0)
    expect(reports).toHaveLength(first)
  })

  it('replace a folder that was made from another list', async () => {
    const request = wanted('changed')
    await mkdir(request.root)
    await writeFile(path.join(request.root, 'of-an-older-version'), '')
    await installDebianPackages(request)
    expect(await readdir(request.root)).not.toContain('of-an-older-version')
    expect((await stat(request.root)).mode & 0o777).toBe(0o755)
  })

  it('leave nothing half-made when interrupted, and sweep what a killed run left', async () => {
    const place = path.join(folder, 'interrupted')
    const ended = execa('true')
    await ended
    await mkdir(path.join(place, `tree.partial-${ended.pid}`), {recursive: true})
    const controller = new AbortController()
    const request = {root: path.join(place, 'tree'), packages: ['hostname'], signal: controller.signal, report: () => controller.abort()}
    await expect(installDebianPackages(request)).rejects.toMatchObject({kind: 'interrupted'})
    expect(await readdir(place)).toEqual([])
  })

  it('that do not exist are an error with what apt said', async () => {
    const request = {root: path.join(folder, 'unknown'), packages: ['no-such-package-anywhere']}
    await expect(installDebianPackages(request)).rejects.toMatchObject({
      kind: 'unreachable',
      details: [expect.stringContaining('no-such-package-anywhere')],
    })
    expect(await readdir(folder)).not.toContain('unknown')
  })
})

describe('the programs of the embedded runtime', () => {
  it('run, and speak the versions that they are described with', async () => {
    const programs = await embeddedPrograms()
    for (const name of ['initdb', 'postgres', 'psql', 'pg_dump', 'pg_restore', 'pg_dumpall']) {
      const {stdout} = await execa(path.join(programs.postgresBin, name), ['--version'])
      expect(stdout).toMatch(/^\w+ \(PostgreSQL\) \d+/)
    }
  })

  it.runIf(withApt)('bring Redis and pgvector, and no just-in-time compiler that would miss its library', async () => {
    const {postgresBin, redisServer, redisCli} = await embeddedPrograms()
    expect((await execa(redisServer ?? '', ['--version'])).stdout).toContain('Redis server v=')
    expect((await execa(redisCli ?? '', ['--version'])).stdout).toContain('redis-cli')
    const root = path.resolve(postgresBin, '../../../../..')
    expect(await readFile(path.join(root, 'usr/share/postgresql/17/extension/vector.control'), 'utf8')).toContain('vector')
    expect(await readdir(path.join(postgresBin, '..', 'lib'))).not.toContain('llvmjit.so')
  })
})
