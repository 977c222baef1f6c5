import {cp, mkdir, readdir, symlink} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {expect, it} from 'vitest'
import type {Desk} from './desk.ts'
import type {AskDesk} from './swap.ts'

const root = path.resolve(import.meta.dirname, '../../..')
const names = ['backup.sh', 'restore.sh', 'verify_backup.sh', 'legacy.sh']

/** Installs sparkone and the old commands as an operator has them, and returns how one is typed somewhere else, as cron does. */
async function install(desk: Desk) {
  const [bin, ops, elsewhere] = ['bin', 'ops', 'elsewhere'].map((name) => path.join(desk.state, '..', name))
  for (const folder of [bin, ops, elsewhere]) await mkdir(folder!)
  await symlink(path.join(root, 'bin/run.js'), path.join(bin!, 'sparkone'))
  for (const name of names) await cp(path.join(root, 'ops', name), path.join(ops!, name))
  return async (name: string, words: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
    const PATH = `${bin}:${path.dirname(process.execPath)}:${process.env.PATH}`
    const env = {...desk.stack.environment, PATH, NO_COLOR: '1', SPARKONE_STATE_DIR: desk.state, ...environment}
    const {exitCode, stdout, stderr} = await execa(path.join(ops!, name), words, {cwd: elsewhere!, env, reject: false, stdin: 'ignore'})
    desk.printed.push(stdout, stderr)
    return {code: exitCode, stdout, stderr}
  }
}

export function oldCommandStory(ask: AskDesk): void {
  let installed: ReturnType<typeof install> | undefined
  const commands = (desk: Desk) => (installed ??= install(desk))

  it('is backed up, proven and restored by the old commands, with nothing but the old variables', async ({skip}) => {
    const desk = ask(skip)
    const {stack} = desk
    const type = await commands(desk)
    const folder = path.join(desk.state, '..', 'old backups')
    const variables = {DB_SERVICE: 'postgres', DB_USER: stack.database.user, DB_NAME: 'old'}
    await stack.sql('CREATE DATABASE old', 'postgres')
    await stack.sql('CREATE TABLE things AS SELECT generate_series(1, 10) AS id', 'old')
    const dump = path.join(desk.state, '..', 'dump.sql')
    const words = ['exec', await stack.container('postgres'), 'pg_dump', '--username', stack.database.user, 'old']
    await execa('docker', words, {env: stack.environment, stdout: {file: dump}})

    expect(await type('backup.sh', [folder], variables)).toMatchObject({code: 0})
    expect((await readdir(folder, {recursive: true})).filter((name) => name.endsWith('manifest.json'))).toHaveLength(1)
    expect(await type('restore.sh', ['--list'], variables)).toMatchObject({code: 0})
    expect(await type('verify_backup.sh', [dump], variables)).toMatchObject({code: 0})
    await stack.sql('DELETE FROM things WHERE id > 3', 'old')
    expect(await type('restore.sh', ['--db', dump], variables)).toMatchObject({code: 4, stderr: expect.stringContaining('--yes') as string})
    expect(await type('restore.sh', [dump, '--yes'], variables)).toMatchObject({code: 0})
    expect(await stack.sql('SELECT count(*) FROM things', 'old')).toBe('10')
    expect(await type('verify_backup.sh', ['no-such-dump.sql'], variables)).toMatchObject({code: 9})
    for (const name of (await desk.databases()).filter((each) => each.startsWith('old')))
      await stack.sql(`DROP DATABASE "${name}"`, 'postgres')
  })

  it('is not what the old commands back up where DATABASE_URL names another, even one that they do not reach', async ({skip}) => {
    const desk = ask(skip)
    const url = 'postgresql://nobody@127.0.0.1:1/nowhere'
    // Of the file that names a Compose project.
    const SPARKONE_CONFIG = path.join(desk.stack.folder, 'sparkone.yml')
    expect(await (await commands(desk))('backup.sh', [], {DATABASE_URL: url, SPARKONE_CONFIG})).toMatchObject({code: 10})
  })
}
