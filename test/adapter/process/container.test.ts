import {chmod, mkdir, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {beforeEach, describe, expect, test} from 'vitest'
import {ContainerExecutor} from '../../../src/lib/adapters/process/container.ts'
import type {ExecuteOptions} from '../../../src/lib/adapters/process/executor.ts'
import {LocalExecutor} from '../../../src/lib/adapters/process/local.ts'
import {folderWith} from '../../support/folder.ts'

let folder: string

/** A `docker` that does what comes behind the name of the container, with the programs of the folder `bin` alone. */
const docker = `#!/bin/sh
while [ "$1" != shop-postgres-1 ]; do shift; done
shift
PATH="$BIN" exec "$@"
`

async function program(name: string, script: string): Promise<void> {
  await writeFile(path.join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
  await chmod(path.join(folder, 'bin', name), 0o755)
}

beforeEach(async () => {
  folder = folderWith({docker})
  await chmod(path.join(folder, 'docker'), 0o755)
  await mkdir(path.join(folder, 'bin'))
  await program('sh', 'exec /bin/sh "$@"')
  await program('nice', 'echo "nice $2"; shift 2; exec "$@"')
  await program('pg_dump', 'echo "pg_dump $*"')
})

function run(options: ExecuteOptions): Promise<string> {
  const environment = {PATH: `${folder}:${process.env.PATH}`, BIN: path.join(folder, 'bin')}
  const executor = new ContainerExecutor(new LocalExecutor({environment}), 'shop-postgres-1', {owner: 'shop', description: 'postgres'})
  return executor.run(['pg_dump', '--dbname', "it's"], options)
}

describe('a program in a container', () => {
  test('runs as it is told, and steps back where it is asked to', async () => {
    expect(await run({})).toBe("pg_dump --dbname it's\n")
    expect(await run({nice: 10})).toBe("nice 10\npg_dump --dbname it's\n")
  })

  test('leaves the disk to others where the image has ionice', async () => {
    await program('ionice', 'while [ "$1" != pg_dump ]; do echo "ionice $1"; shift; done; exec "$@"')
    expect(await run({nice: 10, ionice: 'idle'})).toBe("nice 10\nionice -c\nionice 3\npg_dump --dbname it's\n")
    expect(await run({ionice: 'best-effort'})).toBe("ionice -c\nionice 2\nionice -n\nionice 7\npg_dump --dbname it's\n")
  })

  test('runs all the same where the image has none', async () => {
    expect(await run({ionice: 'idle'})).toBe("pg_dump --dbname it's\n")
  })
})
