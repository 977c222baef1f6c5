import {readdirSync, readFileSync} from 'node:fs'
import path from 'node:path'
import {Config, Plugin} from '@oclif/core'
import {describe, expect, test} from 'vitest'
import HelpWithExitStatus from '../../src/help.ts'

const root = path.resolve(import.meta.dirname, '../..')

const commands = readdirSync(path.join(root, 'src/commands'), {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.replace(/\.ts$/, '').split(path.sep))

interface Declared {
  kind?: string
  summary?: string
  examples?: readonly unknown[]
}

// As bin/dev.js reads it; test/command/configuration.test.ts types it.
const pjson = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8').replaceAll('"./dist/', '"./src/'))
const plugin = new Plugin({isRoot: true, root, pjson, ignoreManifest: true})
await plugin.load()
const config = await Config.load({root, pjson, plugins: new Map([[plugin.name, plugin]])})

/** The help of a command, written into a text instead of on the screen. */
class WrittenHelp extends HelpWithExitStatus {
  text = ''
  protected override log(...lines: string[]): void {
    this.text += `${lines.join(' ')}\n`
  }
}

describe.each(commands.map((words) => [words.join(' '), words] as const))('sparkone %s', (_, words) => {
  test('says what it does in one line, shows examples, and tells a check from a change and a lookup', async () => {
    const {default: command} = (await import(path.join(root, 'src/commands', `${words.join('/')}.ts`))) as {default: Declared}
    expect(command.summary).toMatch(/^[A-Z].*\.$/)
    expect(command.examples?.length).toBeGreaterThan(0)
    expect(['check', 'change', 'lookup']).toContain(command.kind)
  })

  test('explains its exit codes in its help', async () => {
    const help = new WrittenHelp(config, {maxWidth: 100})
    await help.showHelp([...words, '--help'])
    expect(help.text).toMatch(/^USAGE$/m)
    expect(help.text).toMatch(/^EXAMPLES$/m)
    expect(help.text).toMatch(/^EXIT STATUS$/m)
    expect(help.text).toMatch(/^ +130, 143 +interrupted/m)
  })
})
