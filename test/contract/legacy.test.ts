import {cpSync, readdirSync} from 'node:fs'
import path from 'node:path'
import {execa} from 'execa'
import {describe, expect, test} from 'vitest'
import {folderWith} from '../support/folder.ts'

const root = path.resolve(import.meta.dirname, '../..')
const old = ['backup.sh', 'restore.sh', 'verify_backup.sh']

/** A server with the old commands in `ops`, where sparkone is a stand-in that tells how it was called and ends with 42. */
function server(files: Readonly<Record<string, string>> = {}, program = 'bin/sparkone') {
  const told = ['"$@"', '"config=${SPARKONE_CONFIG-}"', '"runtime=${SPARKONE_RUNTIME-}"', '"compose=${COMPOSE_FILE-}"'].join(' ')
  const folder = folderWith({[program]: `#!/bin/sh\nprintf '%s\\n' ${told}\nexit 42\n`, 'empty/keep': '', ...files})
  for (const name of [...old, 'legacy.sh']) cpSync(path.join(root, 'ops', name), path.join(folder, 'ops', name))
  const run = async (name: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    await execa('chmod', ['+x', path.join(folder, program)])
    const {exitCode, stdout, stderr} = await execa(path.join(folder, 'ops', name), words, {
      cwd: path.join(folder, 'empty'),
      env: {PATH: `${folder}/bin:/usr/bin:/bin`, ...environment},
      extendEnv: false,
      reject: false,
    })
    return {exitCode, lines: stdout.split('\n'), stderr}
  }
  return {folder, run}
}

describe('the old commands', () => {
  test.each<[string, string[], string[]]>([
    ['backup.sh', [], ['backup']],
    ['backup.sh', ['/var/old backups'], ['backup', '--directory', '/var/old backups']],
    ['backup.sh', ['/var/old', '--cron'], ['backup', '--directory', '/var/old', '--cron']],
    ['backup.sh', ['--dry-run'], ['backup', '--dry-run']],
    ['restore.sh', ['--list'], ['restore', '--list']],
    ['restore.sh', ['--db', 'the dump.sql.gz', '--yes'], ['restore', '--db', 'the dump.sql.gz', '--yes']],
    ['restore.sh', ['a "file"; $(true)'], ['restore', 'a "file"; $(true)']],
    ['restore.sh', [], ['restore']],
    ['verify_backup.sh', [], ['verify']],
    ['verify_backup.sh', ['dump.sql'], ['verify', 'dump.sql']],
  ])('%s %j is sparkone %j, with its exit code', async (name, words, expected) => {
    const {exitCode, lines} = await server().run(name, words)
    expect(lines).toEqual([...expected, 'config=', 'runtime=', 'compose='])
    expect(exitCode).toBe(42)
  })

  test('find the configuration beside them, unless another is named', async () => {
    const {folder, run} = server({'ops/sparkone.yml': 'version: 1\n'})
    expect((await run('backup.sh', [])).lines).toContain(`config=${folder}/ops/sparkone.yml`)
    expect((await run('backup.sh', [], {SPARKONE_CONFIG: '/etc/other.yml'})).lines).toContain('config=/etc/other.yml')
  })

  test('take a managed database by DATABASE_URL, even where a Compose file is named', async () => {
    const {lines} = await server().run('backup.sh', [], {DATABASE_URL: 'postgresql://managed/shop', COMPOSE_FILE: 'a.yml'})
    expect(lines).toEqual(['backup', 'config=', 'runtime=host', 'compose=a.yml'])
    expect((await server().run('backup.sh', [], {DATABASE_URL: '', COMPOSE_FILE: 'a.yml'})).lines).toContain('runtime=')
  })

  test('refuse an empty folder, which a variable that is not set leaves, instead of taking another', async () => {
    const {exitCode, lines, stderr} = await server().run('backup.sh', [''])
    expect([exitCode, lines, stderr]).toEqual([3, [''], 'backup.sh: the name of the folder is empty'])
  })

  test('say what is missing where sparkone is not installed', async () => {
    const {exitCode, stderr} = await server({}, 'elsewhere/sparkone').run('verify_backup.sh', [])
    expect([exitCode, stderr]).toEqual([3, expect.stringContaining('sparkone is not installed')])
  })
})

describe('shell scripts', async () => {
  const scripts = ['ops', 'ops/backup'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).flatMap((name) => (name.endsWith('.sh') ? path.join(folder, name) : [])),
  )
  const {exitCode} = await execa('shellcheck', ['--version'], {reject: false})
  const isHere = exitCode === 0
  if (!isHere) process.stderr.write('MISSING shellcheck (apt-get install shellcheck): the shell scripts are not checked\n')

  test.skipIf(!isHere && process.env.CI !== 'true')('have nothing that shellcheck would change', async () => {
    expect(scripts.length).toBeGreaterThan(5)
    const {stdout, stderr} = await execa('shellcheck', ['--external-sources', ...scripts], {cwd: root, reject: false})
    expect(stdout + stderr).toBe('')
  })
})
