import path from 'node:path'
import {Config} from '@oclif/core'
import type {BaseCommand} from '../../src/base-command.ts'
import type Backup from '../../src/commands/backup.ts'
import {settingsSchema, type Config as Settings} from '../../src/lib/config/schema.ts'
import type {Ports} from '../../src/lib/ports.ts'
import {FakePorts} from './fakes/ports.ts'

export interface CommandRun {
  code: number
  stdout: string
  stderr: string
}

/** Returns the settings of a project `shop` whose database has an address of its own, and others beside them. */
export function settingsWith(more: object = {}): Settings {
  return settingsSchema.parse({project: 'shop', environment: 'production', runtime: 'host', ...more}) as unknown as Settings
}

const root = path.resolve(import.meta.dirname, '../..')

// Under test, oclif warns of commands that could not parse what was typed; operators never see that.
process.env.NODE_ENV = 'production'

// Without the commands: loading them all to run one would be most of the work.
const config = await Config.load({root, pjson: {name: 'sparkone', version: '0.1.0', oclif: {bin: 'sparkone'}}})

/**
 * Runs a command with its real parsing, output and exit codes over the given ports, and returns how it ended. `verb` is what is typed;
 * `portsOf` gets the signal that Ctrl-C and `--timeout` abort.
 */
export async function runCommand(
  command: typeof BaseCommand,
  verb: string,
  argv: readonly string[],
  portsOf: (signal: AbortSignal) => Ports,
  settings = settingsWith(),
): Promise<CommandRun> {
  // Every command has the same protected parts; which one it is makes no difference to the types.
  class Tested extends (command as unknown as typeof Backup) {
    static override id = verb
    // oclif looks at what the class itself has, and not at what it inherits.
    static override args = command.args as typeof Backup.args
    static override flags = command.flags as typeof Backup.flags
    static override strict = command.strict
    protected override async context(overrides: Readonly<Record<string, unknown>> = {}) {
      const ports = portsOf(this.signal)
      if (ports instanceof FakePorts && settings.backup.databases.length > 0) ports.lookAt(overrides['database.name'] as string | undefined)
      return {ports, config: settings, file: '/srv/shop/sparkone.yml', variables: []}
    }
  }
  const tested = new Tested([...argv], config) as unknown as {_run(): Promise<void>}
  return captured(() => tested._run())
}

/** Runs a command as it is, with the configuration, the files and the network of this process, and returns how it ended. */
export async function runHere(command: typeof BaseCommand, verb: string, argv: readonly string[]): Promise<CommandRun> {
  class Tested extends (command as unknown as typeof Backup) {
    static override id = verb
    static override args = command.args as typeof Backup.args
    static override flags = command.flags as typeof Backup.flags
    static override strict = command.strict
  }
  const tested = new Tested([...argv], config) as unknown as {_run(): Promise<void>}
  return captured(() => tested._run())
}

async function captured(run: () => Promise<void>): Promise<CommandRun> {
  const {exitCode} = process
  const written = {stdout: '', stderr: ''}
  const originals = {stdout: process.stdout.write, stderr: process.stderr.write}
  for (const name of ['stdout', 'stderr'] as const) {
    process[name].write = (chunk: string | Uint8Array) => {
      written[name] += typeof chunk === 'string' ? chunk : new TextDecoder().decode(chunk)
      return true
    }
  }
  try {
    process.exitCode = undefined
    await run()
    return {code: Number(process.exitCode ?? 0), ...written}
  } finally {
    process.exitCode = exitCode
    Object.assign(process.stdout, {write: originals.stdout})
    Object.assign(process.stderr, {write: originals.stderr})
  }
}
