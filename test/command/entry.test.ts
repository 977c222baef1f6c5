import {spawn} from 'node:child_process'
import {chmodSync, chownSync, existsSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {readDocument} from '../support/documents.ts'
import {compose, folderWith} from '../support/folder.ts'

const program = path.resolve(import.meta.dirname, '../../bin/run.js')

interface Run {
  code: number | null
  stdout: string
  stderr: string
}

/** Runs the built sparkone as it is installed, in a folder of its own, with the given text on standard input. */
function sparkone(line: string, {cwd = folderWith(), input = ''} = {}): Promise<Run> {
  const {PATH} = process.env
  const child = spawn(process.execPath, [program, ...line.split(' ')], {
    cwd,
    env: {PATH, HOME: cwd, NO_COLOR: '1', SPARKONE_STATE_DIR: path.join(cwd, 'state')},
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const run = {stdout: '', stderr: ''}
  child.stdout.setEncoding('utf8').on('data', (text: string) => (run.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (run.stderr += text))
  // It may have ended before it was told everything.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  return new Promise((resolve) => child.on('close', (code) => resolve({code, ...run})))
}

describe('a command that does not exist', () => {
  test('ends with 3, and the nearest one is named and never run', async () => {
    const cwd = folderWith({'compose.yaml': compose})
    const {code, stdout, stderr} = await sparkone('intit', {cwd})
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).toMatch(/^There is no command intit\.\nNext: Did you mean sparkone init\?/)
    expect(existsSync(path.join(cwd, 'sparkone.yml'))).toBe(false)
  })

  test.each(['restor latest --yes', '--yes restore', 'nonsense'])('%s ends with 3, without a stack', async (line) => {
    const {code, stdout, stderr} = await sparkone(line)
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).not.toMatch(/\n +at |Error:/)
  })

  test.each(['bakup --json', 'verfy -o json', 'helth --output=json'])('%s is answered with a document', async (line) => {
    const {code, stdout, stderr} = await sparkone(line)
    expect({code, stderr}).toEqual({code: 3, stderr: ''})
    expect(readDocument(stdout, 'sparkone')).toMatchObject({exitCode: 3, error: {kind: 'usage'}})
  })
})

test('a word too many behind a command is named as that', async () => {
  const {code, stdout, stderr} = await sparkone('backup now --yes')
  expect({code, stdout}).toEqual({code: 3, stdout: ''})
  expect(stderr).toBe('Unexpected argument: now\nNext: sparkone backup --help shows what can be given.\n')
  expect(readDocument((await sparkone('health all --json')).stdout, 'health')).toMatchObject({error: {kind: 'usage'}})
})

describe('standard input', () => {
  test('is no answer and no argument: what a loop reads from a file never names a backup', async () => {
    const {code, stderr} = await sparkone('restore', {input: '20261122T020000Z-3f9a1c\n'})
    expect(code).toBe(3)
    expect(stderr).toContain('Say one thing to do')
  })
})

describe('what Node compiled', () => {
  const kept = async (home: string) => {
    const child = spawn(process.execPath, [program, '--version'], {env: {PATH: process.env.PATH, HOME: home}, stdio: 'ignore'})
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(0)
    return existsSync(path.join(home, '.cache/sparkone'))
  }

  test('is kept for the next run, but not where others could change it', async () => {
    const [own, open] = [folderWith(), folderWith()]
    chmodSync(open, 0o777)
    expect([await kept(own), await kept(open)]).toEqual([true, false])
  })

  test.skipIf(process.getuid?.() !== 0)('is neither written to nor read from the home of another user', async () => {
    const home = folderWith()
    chownSync(home, 65534, 65534)
    expect(await kept(home)).toBe(false)
  })
})

test.each([
  ['--help', 'stdout', 0],
  ['restore', 'stderr', 3],
] as const)(
  'a reader that stops reading, as head does, changes nothing: %s with %s closed ends with %i',
  async (line, closed, expected) => {
    const child = spawn(process.execPath, [program, line], {stdio: ['ignore', 'pipe', 'pipe']})
    child[closed].destroy()
    const open = closed === 'stdout' ? child.stderr : child.stdout
    let said = ''
    open.setEncoding('utf8').on('data', (text: string) => (said += text))
    const code = await new Promise((resolve) => child.on('close', resolve))
    expect({code, said}).toEqual({code: expected, said: ''})
  },
)
