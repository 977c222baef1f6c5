import {readdir, readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {promisify} from 'node:util'
import {gzip} from 'node:zlib'
import {execa} from 'execa'
import {expect, it} from 'vitest'
import {connectionTo, type Desk} from './desk.ts'
import {openElsewhere} from './elsewhere.ts'
import {sameVersion} from './refusals.ts'
import type {AskDesk} from './swap.ts'

/** Returns the commands that RESTORE.md tells to type. */
async function recipe(folder: string): Promise<string[]> {
  const text = await readFile(path.join(folder, 'RESTORE.md'), 'utf8')
  return [...text.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block.replaceAll(/^ {3}/gm, ''))
}

/** Returns the folder of a new backup that so many processes wrote. */
async function backupBy(desk: Desk, jobs: number): Promise<string> {
  const file = path.join(desk.stack.folder, 'sparkone.yml')
  const text = await readFile(file, 'utf8')
  await writeFile(file, text.replace(/jobs: \d/, `jobs: ${jobs}`))
  const {location} = await desk.does(['backup'])
  await writeFile(file, text)
  return String(location)
}

async function withStockTools(desk: Desk, format: 'plain' | 'custom'): Promise<string> {
  const {stack} = desk
  const words = ['pg_dump', '--username', stack.database.user, '--format', format, stack.database.name]
  const {stdout} = await execa('docker', ['exec', await stack.container('postgres'), ...words], {
    env: stack.environment,
    encoding: 'buffer',
  })
  const [file, bytes] = format === 'plain' ? ['dump.sql.gz', await promisify(gzip)(stdout)] : ['dump.custom', stdout]
  await writeFile(path.join(stack.folder, file), bytes)
  return file
}

export function stockToolStory(ask: AskDesk): void {
  it.for([
    [3, ['database.dump', 'rows-1.dump', 'rows-2.dump']],
    [1, ['database.dump']],
  ] as const)('comes back without sparkone, by the steps that lie beside the backup that %i wrote', async ([jobs, archives], {skip}) => {
    const desk = ask(skip)
    const location = await backupBy(desk, jobs)
    expect((await readdir(location)).filter((name) => name.includes('.dump'))).toEqual(archives)
    const bin = await sameVersion(skip)
    await using elsewhere = await openElsewhere(desk, {bin, user: desk.stack.database.user})
    for (const commands of await recipe(location)) {
      await execa('bash', ['-e', '-o', 'pipefail', '-c', commands], {cwd: location, env: elsewhere.client})
      // The first of them brings the roles back with the passwords that they had.
      elsewhere.client.PGPASSWORD = desk.stack.database.password
    }
    const {stdout} = await execa(path.join(bin, 'pg_dump'), ['--create', `--dbname=${connectionTo(desk.stack.database.name)}`], {
      env: elsewhere.client,
    })
    expect(stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '')).toBe(await desk.dump())
    const members = `SELECT member::regrole FROM pg_auth_members WHERE roleid = 'readers'::regrole`
    expect(await elsewhere.sql(members)).toBe(await desk.stack.sql(members))
  })

  it.for(['plain', 'custom'] as const)('is proven and restored from a %s dump of another tool', async (format, {skip}) => {
    const desk = ask(skip)
    const before = await desk.dump()
    const file = await withStockTools(desk, format)
    expect(await desk.does(['verify', `./${file}`])).toMatchObject({proof: {passed: true, differences: []}})
    await desk.stack.sql('DROP TABLE lines')
    await desk.does(['restore', '--db', file, '--yes'])
    expect(await desk.dump()).toBe(before)
  })
}
