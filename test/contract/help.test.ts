import {execFile} from 'node:child_process'
import {readdirSync} from 'node:fs'
import path from 'node:path'
import {promisify} from 'node:util'
import {describe, expect, test, vi} from 'vitest'

// Each test starts a process or several, on machines that may be busy.
vi.setConfig({testTimeout: 30_000})

const root = path.resolve(import.meta.dirname, '../..')

const commands = readdirSync(path.join(root, 'src/commands'), {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, '').split(path.sep))

interface Declared {
  kind?: string
  summary?: string
  examples?: readonly unknown[]
}

describe.each(commands.map((words) => [words.join(' '), words] as const))('sparkone %s', (_, words) => {
  test('says what it does in one line, shows examples, and tells a check from a change and a lookup', async () => {
    const {default: command} = (await import(path.join(root, 'src/commands', `${words.join('/')}.ts`))) as {default: Declared}
    expect(command.summary).toMatch(/^[A-Z].*\.$/)
    expect(command.examples?.length).toBeGreaterThan(0)
    expect(['check', 'change', 'lookup']).toContain(command.kind)
  })

  test('explains its exit codes in its help', async () => {
    const environment = {...process.env, NO_COLOR: '1', COLUMNS: '100'}
    const {stdout} = await promisify(execFile)(process.execPath, [path.join(root, 'bin/dev.js'), ...words, '--help'], {env: environment})
    expect(stdout).toMatch(/^USAGE$/m)
    expect(stdout).toMatch(/^EXAMPLES$/m)
    expect(stdout).toMatch(/^EXIT STATUS$/m)
    expect(stdout).toMatch(/^ +130, 143 +interrupted/m)
  })
})
