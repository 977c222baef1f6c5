import {appendFile, readdir} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {readPage} from '../support/markdown.ts'
import {sparkone, type Run} from '../support/sparkone.ts'
import {imageName, requireTestbed, startStack, type Stack, type Testbed} from '../support/testbed/index.ts'

let testbed: Testbed
let stack: Stack | undefined

beforeAll(async () => {
  testbed = await requireTestbed()
  if (!testbed.image || !testbed.composeV2) return
  stack = await startStack(testbed, `readme-${process.pid}`)
  await stack.compose('exec', '-T', 'api', 'node', '/app/server.mjs', 'seed', '--scale', '0.1')
})

afterAll(() => stack?.[Symbol.asyncDispose]())

/** What the README says to type, in its order, on a stack of one's own. */
function typedLines(): string[][] {
  const blocks = readPage('README.md').blocks.filter(({language}) => language === 'sh')
  const lines = blocks.flatMap(({text}) => text.split('\n')).filter((line) => line.startsWith('sparkone '))
  return lines.map((line) => line.split(' ').slice(1))
}

/** Runs a command as an operator who agrees to what it asks. */
function agreeing(words: readonly string[]): Promise<Run> {
  const asks = words[0] === 'restore' && !words.includes('--list')
  const {folder, environment} = stack!
  const own = {HOME: folder, SPARKONE_STATE_DIR: path.join(folder, 'state'), SPARKONE_CACHE_DIR: path.join(folder, 'cache')}
  return sparkone(asks ? [...words, '--yes'] : words, {cwd: folder, environment: {...environment, ...own}})
}

test('the five minutes of the README go as they are written', async ({skip}) => {
  skip(!stack, 'the Docker Engine or Compose is missing')
  const ends: [typed: string, code: number | null][] = []
  for (const words of typedLines()) {
    const {code} = await agreeing(words)
    // The folder for root's backups belongs to the machine and not to a test.
    if (words[0] === 'init') await appendFile(path.join(stack!.folder, 'sparkone.yml'), '\nbackup: {directory: sets}\n')
    ends.push([words.join(' '), code])
  }
  expect(ends).toEqual([
    ['init', 0],
    // There is no backup yet, and health says so.
    ['health', 2],
    ['backup', 0],
    ['verify', 0],
    ['restore --list', 0],
    ['restore latest', 0],
    ['restore --undo', 0],
    ['restore --list', 0],
    // The Compose file of this stack names no image by its version, so there is nothing that could be deployed or gone back to.
    ['deploy 1.4.2', 3],
    ['releases', 0],
    ['rollback', 9],
  ])
})

test('the RESTORE.md of a backup brings it back without sparkone, as it is written', async ({skip}) => {
  skip(!stack, 'the Docker Engine or Compose is missing')
  const {stdout} = await agreeing(['backup', '--json', '--directory', path.join(stack!.folder, 'sets')])
  const {location, database} = JSON.parse(stdout) as {location: string; database: string}
  expect(await readdir(location)).toContain('RESTORE.md')
  await using server = await startPlainServer()
  await server.follow(location)
  expect(await server.dump(database)).toBe(comparable(await dumpOfStack(database)))
})

interface PlainServer extends AsyncDisposable {
  /** Types what RESTORE.md says, in the folder of the set, as the user postgres. */
  follow(set: string): Promise<void>
  dump(database: string): Promise<string>
}

/** Starts a PostgreSQL that knows nothing of the stack, out of the same image. */
async function startPlainServer(): Promise<PlainServer> {
  const options = {env: testbed.environment}
  const docker = async (words: readonly string[], input = '') => (await execa('docker', words, {...options, input})).stdout
  const id = await docker(['run', '--detach', '--network', 'none', '--env', 'POSTGRES_PASSWORD=unused', imageName])
  const inside = (words: readonly string[], input = '') => docker(['exec', '--interactive', '--user', 'postgres', id, ...words], input)
  // During its set-up the image runs a server that only its socket leads to.
  const ready = () =>
    inside(['pg_isready', '--quiet', '--host=127.0.0.1']).then(
      () => true,
      () => false,
    )
  await expect.poll(ready, {timeout: 60_000, interval: 200}).toBe(true)
  return {
    async follow(set) {
      await docker(['cp', set, `${id}:/var/lib/postgresql/set`])
      await docker(['exec', id, 'chown', '--recursive', 'postgres', '/var/lib/postgresql/set'])
      const {blocks} = readPage(path.join(set, 'RESTORE.md'))
      for (const {text} of blocks.filter(({language}) => language === 'sh'))
        await inside(['sh', '-c', 'cd /var/lib/postgresql/set && exec sh -e'], text)
    },
    dump: async (database) => comparable(await inside(['pg_dump', database])),
    [Symbol.asyncDispose]: async () => void (await docker(['rm', '--force', '--volumes', id])),
  }
}

function dumpOfStack(database: string): Promise<string> {
  return stack!.compose('exec', '-T', 'postgres', 'pg_dump', '--username', stack!.database.user, database)
}

/** Every dump carries a key of its own against commands hidden in it. */
function comparable(dump: string): string {
  return dump.replaceAll(/^\\(?:un)?restrict .*$/gm, '')
}
