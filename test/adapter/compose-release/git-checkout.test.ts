import {once} from 'node:events'
import {cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {createServer, type AddressInfo} from 'node:net'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, beforeEach, describe, expect, test} from 'vitest'
import {checkoutPrefix, GitCheckout} from '../../../src/lib/adapters/compose/release/git-checkout.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {rejection} from '../../support/folder.ts'

/** Nothing of the machine, such as the settings of its user, reaches these repositories. */
const environment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example.com',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example.com',
}

const patience = 60_000

let here = ''
let there = ''
let checkout: GitCheckout
/** Commits by what they say. */
let commits: Record<string, string> = {}

/** Made once; each test gets a copy. */
let template = ''

beforeAll(async () => {
  Object.assign(process.env, environment)
  template = mkdtempSync(path.join(tmpdir(), 'sparkone-git-'))
  await git(template, 'init', '--quiet', '--bare', '--initial-branch=main', 'origin.git')
  await git(template, 'clone', '--quiet', 'origin.git', 'there')
  useRepositories(template)
  await push('first')
  await git(there, 'tag', 'v1')
  await git(there, 'push', '--quiet', '--tags')
  await git(template, 'clone', '--quiet', 'origin.git', 'here')
  for (const folder of [here, there]) await git(folder, 'remote', 'set-url', 'origin', '../origin.git')
})
afterAll(() => {
  rmSync(template, {recursive: true, force: true})
  for (const name of Object.keys(environment)) Reflect.deleteProperty(process.env, name)
})

beforeEach(() => {
  const root = mkdtempSync(path.join(tmpdir(), 'sparkone-git-'))
  cpSync(template, root, {recursive: true})
  useRepositories(root)
  commits = {first: commits.first!}
  checkout = new GitCheckout(path.join(here, 'ops'), patience, new AbortController().signal)
  return () => rmSync(root, {recursive: true, force: true})
})

function useRepositories(root: string): void {
  ;[here, there] = [path.join(root, 'here'), path.join(root, 'there')]
}

async function git(folder: string, ...words: string[]): Promise<string> {
  return (await execa('git', words, {cwd: folder})).stdout
}

/** Commits elsewhere, and pushes it to a branch. */
async function push(message: string, branch = 'main'): Promise<void> {
  mkdirSync(path.join(there, 'ops'), {recursive: true})
  writeFileSync(path.join(there, 'ops/compose.yml'), message)
  await git(there, 'add', '.')
  await git(there, 'commit', '--quiet', '--message', message)
  await git(there, 'push', '--quiet', 'origin', `HEAD:${branch}`)
  commits[message] = await git(there, 'rev-parse', 'HEAD')
}

const composeFile = () => readFileSync(path.join(here, 'ops/compose.yml'), 'utf8')

describe('what is fetched', () => {
  test('is the newest of the branch that is checked out, unless something else is named', async () => {
    await push('second')
    expect(await checkout.fetch(undefined)).toMatchObject({commit: commits.second})
    expect(composeFile()).toBe('first')
  })

  test('is still the newest of that branch once releases have checked out commits, and not of the default branch', async () => {
    await push('stable', 'production')
    await git(here, 'fetch', '--quiet')
    await git(here, 'checkout', '--quiet', '-b', 'production', '--track', 'origin/production')
    await push('stable too', 'production')
    await checkout.checkOut((await checkout.fetch(undefined)).commit)
    await push('still stable', 'production')
    await push('for tomorrow')
    expect(await checkout.fetch(undefined)).toMatchObject({commit: commits['still stable']})
  })

  test('is a tag, a commit or a branch, by what it is at the origin', async () => {
    await push('second')
    expect(await checkout.fetch('v1')).toEqual({commit: commits.first, name: 'v1'})
    expect(await checkout.fetch('main')).toEqual({commit: commits.second, name: 'main'})
    expect(await checkout.fetch(commits.first!.slice(0, 10))).toMatchObject({commit: commits.first})
  })

  test('of a branch is what the origin has, although one of that name was left behind here', async () => {
    await git(here, 'branch', 'next')
    await push('second', 'next')
    expect(await checkout.fetch('next')).toMatchObject({commit: commits.second})
  })

  test('follows a tag that was moved', async () => {
    await push('second')
    await git(there, 'tag', '--force', 'v1')
    await git(there, 'push', '--quiet', '--force', '--tags')
    expect(await checkout.fetch('v1')).toMatchObject({commit: commits.second})
  })

  test.each(['v9', '--all', 'main..v1', 'HEAD^{tree}'])('%s, which is no commit, tag or branch, ends with 9', async (reference) => {
    expect(await rejection(checkout.fetch(reference), OperatorError)).toMatchObject({kind: 'notFound', exitCode: 9})
  })

  test('is refused with 4 while tracked files are changed here, and others are no matter', async () => {
    writeFileSync(path.join(here, '.env'), 'A=1')
    await expect(checkout.fetch('main')).resolves.toBeDefined()
    writeFileSync(path.join(here, 'ops/compose.yml'), 'mine')
    const error = await rejection(checkout.fetch('main'), OperatorError)
    expect([error.exitCode, error.details.join()]).toEqual([4, expect.stringContaining('ops/compose.yml')])
    expect(composeFile()).toBe('mine')
  })

  test('from an origin that is away ends with 10, and tells no password', async () => {
    await git(here, 'remote', 'set-url', 'origin', 'http://deploy:hunter2@127.0.0.1:1/shop.git')
    const error = await rejection(checkout.fetch('main'), OperatorError)
    expect(error.exitCode).toBe(10)
    expect(JSON.stringify([error.message, error.details, error.hint])).not.toContain('hunter2')
  })

  test('from an origin that takes the connection and says nothing ends with 7 in time, and says what allows it longer', async () => {
    const silent = createServer().listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const {port} = silent.address() as AddressInfo
    await git(here, 'remote', 'set-url', 'origin', `git://127.0.0.1:${port}/shop.git`)
    const impatient = new GitCheckout(here, 300, new AbortController().signal)
    const begin = performance.now()
    const error = await rejection(impatient.fetch('main'), OperatorError)
    silent.close()
    expect(error).toMatchObject({exitCode: 7, hint: expect.stringContaining('deploy.fetchLimit')})
    expect(performance.now() - begin).toBeLessThan(5000)
  })

  test('outside a repository says so', async () => {
    const lonely = new GitCheckout(tmpdir(), patience, new AbortController().signal)
    expect(await rejection(lonely.fetch('main'), OperatorError)).toMatchObject({kind: 'usage', hint: 'Set deploy.source: images.'})
  })

  test('nothing is, once the run is interrupted', async () => {
    const abort = new AbortController()
    abort.abort(new OperatorError('interrupted', 'Interrupted.'))
    const cut = new GitCheckout(here, patience, abort.signal)
    expect((await rejection(cut.fetch('main'), OperatorError)).kind).toBe('interrupted')
  })
})

test('the commits since what is checked out are listed, newest first', async () => {
  await push('second')
  await push('third')
  const {commit} = await checkout.fetch(undefined)
  const lines = await checkout.commitsSince(commit)
  expect(lines.map((line) => line.replace(/^\S+ /, ''))).toEqual(['third', 'second'])
  expect(await checkout.commitsSince(commits.first!)).toEqual([])
})

describe('checking out', () => {
  test('goes forth and back', async () => {
    await push('second')
    const {commit} = await checkout.fetch(undefined)
    await checkout.checkOut(commit)
    expect([composeFile(), await checkout.head()]).toEqual(['second', commit])
    await checkout.checkOut(commits.first!)
    expect(composeFile()).toBe('first')
  })

  test('fetches a commit that is not here', async () => {
    await push('second')
    await checkout.checkOut(commits.second!)
    expect(composeFile()).toBe('second')
  })

  test('is refused where it would lose a change', async () => {
    await push('second')
    const {commit} = await checkout.fetch(undefined)
    writeFileSync(path.join(here, 'ops/compose.yml'), 'mine')
    expect((await rejection(checkout.checkOut(commit), OperatorError)).exitCode).toBe(4)
    expect(composeFile()).toBe('mine')
  })
})

describe('a folder to build in', () => {
  const scratch = () => readdirSync(tmpdir()).filter((name) => name.startsWith(checkoutPrefix))

  test('has the files of the commit where ours are, and is gone afterwards', async () => {
    await push('second')
    const {commit} = await checkout.fetch(undefined)
    let seen = ''
    let lent = ''
    await checkout.workIn(commit, async (folder) => {
      lent = folder
      seen = readFileSync(path.join(folder, 'compose.yml'), 'utf8')
    })
    expect([seen, composeFile(), existsSync(lent)]).toEqual(['second', 'first', false])
    expect(await git(here, 'worktree', 'list')).not.toContain(checkoutPrefix)
  })

  test('is gone as well when building in it fails', async () => {
    const before = scratch()
    let lent = ''
    const failing = checkout.workIn(commits.first!, async (folder) => {
      lent = folder
      throw new OperatorError('failed', 'The build failed.')
    })
    expect((await rejection(failing, OperatorError)).message).toBe('The build failed.')
    expect(existsSync(lent)).toBe(false)
    expect(scratch().filter((name) => !before.includes(name) && lent.includes(name))).toEqual([])
    expect(await git(here, 'worktree', 'list')).not.toContain(checkoutPrefix)
  })
})
