import {existsSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {readDocument} from '../support/documents.ts'
import {sparkone as run} from '../support/sparkone.ts'
import {compose, folderWith} from '../support/folder.ts'

const sparkone = (words: readonly string[], cwd: string, environment: Record<string, string> = {}) => run(words, {cwd, environment})

describe('init', () => {
  test('writes a configuration and names the next commands', async () => {
    const folder = folderWith({'compose.yaml': compose})
    const {code, stdout, stderr} = await sparkone(['init'], folder)
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).toContain(`Wrote ${path.join(folder, 'sparkone.yml')}`)
    expect(stdout).toMatch(/sparkone health.*sparkone backup/)
    expect((await sparkone(['config'], folder)).stdout).toMatch(/database\.name +shop_main {2}\(sparkone\.yml:\d+\)/)
  })

  test('refuses to overwrite with code 4, in JSON too', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\n'})
    const {code, stdout, stderr} = await sparkone(['init', '--json'], folder)
    expect({code, stderr}).toEqual({code: 4, stderr: ''})
    expect(readDocument(stdout, 'init')).toMatchObject({schema: 'sparkone/init@1', exitCode: 4, status: 'failed', error: {kind: 'refused'}})
  })

  test('shows what it would write on a dry run and writes nothing', async () => {
    const folder = folderWith({'compose.yaml': compose})
    const {code, stdout} = await sparkone(['init', '--dry-run', '--json'], folder)
    expect(code).toBe(0)
    expect(readDocument(stdout, 'init')).toMatchObject({status: 'planned', text: expect.stringContaining('service: postgres') as string})
    expect(existsSync(path.join(folder, 'sparkone.yml'))).toBe(false)
  })

  test('without a stack it ends with code 3', async () => {
    const {code, stdout, stderr} = await sparkone(['init'], folderWith())
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).toContain('No stack was found')
  })
})

describe('config', () => {
  test('answers with one JSON document and no secret', async () => {
    const {code, stdout, stderr} = await sparkone(['config', '--json'], folderWith({'compose.yaml': compose}), {DB_PASSWORD: 'hunter2'})
    expect({code, stderr}).toEqual({code: 0, stderr: ''})
    expect(stdout).not.toContain('hunter2')
    const document = readDocument(stdout, 'config') as unknown as {
      schema: string
      settings: {key: string; value: unknown; source: {kind: string}}[]
    }
    expect(document.schema).toBe('sparkone/config@1')
    expect(document.settings).toContainEqual({
      key: 'database.password',
      value: '[redacted]',
      source: {kind: 'variable', name: 'DB_PASSWORD'},
    })
  })

  test.each([
    ['verify', '--identity', 'gone.txt'],
    ['backup', '--database', ''],
  ])('names the flag as it was typed: %s %s %s', async (...words) => {
    const {code, stderr} = await sparkone(words, folderWith({'compose.yaml': compose}))
    expect(code).toBe(3)
    expect(stderr).toContain(`(flag ${words[1]})`)
  })

  test('reports every mistake with code 3', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\nhelth: {}\nruntime: docker\n'})
    const {code, stdout, stderr} = await sparkone(['config'], folder)
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).toContain('helth: unknown key, did you mean health? (sparkone.yml:2:1)')
    expect(stderr).toContain("runtime: expected one of compose, host, embedded, got 'docker' (sparkone.yml:3:10)")
  })
})

describe('what does not exist', () => {
  test('the nearest command is named and never run', async () => {
    const folder = folderWith({'compose.yaml': compose})
    const {code, stdout, stderr} = await sparkone(['initt', '--force'], folder)
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).toContain('There is no command initt.')
    expect(stderr).toContain('Did you mean sparkone init?')
    expect(existsSync(path.join(folder, 'sparkone.yml'))).toBe(false)
  })

  test('the answer is a JSON document when one is asked for', async () => {
    const {code, stdout, stderr} = await sparkone(['cnofig', '--json'], folderWith())
    expect({code, stderr}).toEqual({code: 3, stderr: ''})
    expect(readDocument(stdout)).toMatchObject({schema: 'sparkone/sparkone@1', exitCode: 3, error: {kind: 'usage'}})
  })

  test('asking for the help of a command that does not exist ends with code 3 as well', async () => {
    const {code, stderr} = await sparkone(['initt', '--help'], folderWith())
    expect(code).toBe(3)
    expect(stderr).toContain('Did you mean sparkone init?')
  })

  test('help, --help and -h show the same', async () => {
    const folder = folderWith()
    const [help, long, short] = [
      await sparkone(['help', 'init'], folder),
      await sparkone(['init', '--help'], folder),
      await sparkone(['init', '-h'], folder),
    ]
    expect(long.stdout).toContain('EXIT STATUS')
    expect(help.stdout).toBe(long.stdout)
    expect(short.stdout).toBe(long.stdout)
  })

  test('the nearest flag is named', async () => {
    const {code, stderr} = await sparkone(['init', '--dry-rn'], folderWith({'compose.yaml': compose}))
    expect(code).toBe(3)
    expect(stderr).toContain('Did you mean --dry-run?')
  })
})
