import {
  chmodSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, it} from 'vitest'
import {readPage} from '../support/markdown.ts'
import {sparkone} from '../support/sparkone.ts'

const root = mkdtempSync(path.join(tmpdir(), 'sparkone-files-'))
const project = path.join(root, 'shop')
const at = (...parts: string[]) => path.join(project, ...parts)
const oddNames = ['new\nline', '-rf', 'ü 💾', 'back\\slash', 'quote\'"s', `${'long'.repeat(50)}/${'er'.repeat(100)}`]

afterAll(() => rmSync(root, {recursive: true, force: true}))

const run = (...words: string[]) =>
  sparkone([...words, '--json'], {cwd: project, environment: {SPARKONE_STATE_DIR: path.join(root, 'state')}})
const answer = async (...words: string[]) => JSON.parse((await run(...words)).stdout)
const dirOf = (location: string) => (name: string) => path.join(location, name)

/** Everything that lies below a folder, as `find` would compare it: path, type, mode, time, contents or target. */
function picture(folder: string, below = ''): unknown[] {
  return readdirSync(path.join(folder, below))
    .toSorted()
    .flatMap((name) => {
      const relative = path.join(below, name)
      const place = path.join(folder, relative)
      const status = lstatSync(place)
      const seen = [relative, status.mode, Math.floor(status.mtimeMs), status.uid]
      if (status.isDirectory()) return [seen, ...picture(folder, relative)]
      return [[...seen, status.isSymbolicLink() ? readlinkSync(place) : status.size > 1e6 ? status.size : readFileSync(place, 'utf8')]]
    })
}

describe('files of a project', () => {
  let set: string
  let backup: Record<string, never>

  beforeAll(async () => {
    for (const folder of ['ops/deep', 'outputs', 'backups', 'node_modules/x']) mkdirSync(at(folder), {recursive: true})
    // Nothing listens there: files are backed up with every service down.
    const settings = {
      version: 1,
      project: 'shop',
      runtime: 'host',
      database: {url: 'postgres://shop@127.0.0.1:1/shop'},
      backup: {directory: './backups'},
    }
    writeFileSync(at('sparkone.yml'), JSON.stringify(settings), {mode: 0o644})
    writeFileSync(at('.env'), 'SECRET=1', {mode: 0o600})
    writeFileSync(at('node_modules/x/index.js'), '')
    for (const name of oddNames) {
      mkdirSync(path.dirname(at('ops', name)), {recursive: true})
      writeFileSync(at('ops', name), name)
    }
    writeFileSync(at('outputs/sparse'), 'begin')
    truncateSync(at('outputs/sparse'), 8 * 1024 * 1024)
    symlinkSync('/etc/hostname', at('ops/link'))
    linkSync(at('.env'), at('ops/deep/same'))
    chmodSync(at('ops/deep'), 0o2750)
    const git = (...words: string[]) => execa('git', ['-c', 'user.name=x', '-c', 'user.email=x@localhost', ...words], {cwd: project})
    await git('init', '--quiet', '--initial-branch=main')
    await git('commit', '--quiet', '--allow-empty', '--message=first')
    backup = await answer('backup', '--files')
    set = String(backup.location)
  })

  it('are in the backup, each of them, and nothing else', () => {
    expect(backup).toMatchObject({exitCode: 0, status: 'done', problems: []})
    expect(readdirSync(set).toSorted()).toEqual(['RESTORE.md', 'files.sha256', 'files.tar.zst', 'manifest.json', 'report.json'])
    expect(lstatSync(path.join(set, 'files.tar.zst')).size).toBeLessThan(100_000)
  })

  it('come with a report of where they come from', () => {
    expect(JSON.parse(readFileSync(path.join(set, 'report.json'), 'utf8'))).toMatchObject({
      folder: project,
      git: {commit: expect.stringMatching(/^[0-9a-f]{40}$/), branch: 'main', dirty: true},
      components: expect.arrayContaining([expect.objectContaining({subject: 'database', status: 'critical'})]),
    })
  })

  it('are told by tar itself as they are', async () => {
    const {stdout} = await execa('tar', ['--list', '--quoting-style=literal', '--null', '--file=-'], {
      input: (await execa('zstd', ['--decompress', '--stdout', dirOf(set)('files.tar.zst')], {encoding: 'buffer'})).stdout,
    })
    for (const name of oddNames) expect(stdout).toContain(`ops/${name}`)
    expect(stdout).not.toContain('node_modules')
    expect(stdout).not.toContain('backups')
    expect(stdout).not.toContain('.git/')
  })

  it('come back by the steps in RESTORE.md with stock tools alone', async () => {
    const steps = readPage(path.join(set, 'RESTORE.md')).blocks
    expect(steps).toHaveLength(2)
    for (const {text} of steps) await execa('bash', ['-euc', text], {cwd: set})
    const names = ['.env', 'ops', 'outputs', 'sparkone.yml']
    const original = picture(project).filter((entry) => names.includes(String((entry as string[])[0]).split('/')[0]!))
    expect(picture(path.join(set, 'restored'))).toEqual(original)
    rmSync(path.join(set, 'restored'), {recursive: true})
  })

  it('are proven in a throw-away folder that is gone afterwards', async () => {
    expect(await answer('verify', '--files')).toMatchObject({exitCode: 0, proof: {passed: true, differences: []}})
    expect(readdirSync(path.dirname(set))).toEqual([path.basename(set)])
  })

  it('come back beside the project, and over it with what was there kept', async () => {
    const restored = await answer('restore', '--files')
    expect(restored).toMatchObject({exitCode: 0, folder: path.join(root, `restored-${path.basename(set)}`)})
    expect(lstatSync(path.join(String(restored.folder), '.env')).ino).toBe(
      lstatSync(path.join(String(restored.folder), 'ops/deep/same')).ino,
    )
    writeFileSync(at('.env'), 'SECRET=2')
    const {kept} = await answer('restore', '--files', '--into', '.', '--overwrite', '--yes')
    expect(readFileSync(at('.env'), 'utf8')).toBe('SECRET=1')
    expect(readFileSync(path.join(kept, '.env'), 'utf8')).toBe('SECRET=2')
  })

  it('whose archive lost a bit are not proven', async () => {
    const archive = path.join(set, 'files.tar.zst')
    const bytes = readFileSync(archive)
    bytes[Math.floor(bytes.length / 2)]! ^= 1
    chmodSync(archive, 0o600)
    writeFileSync(archive, bytes)
    expect(await answer('verify', '--files')).toMatchObject({exitCode: 13, error: {kind: 'corrupt'}})
  })
})
