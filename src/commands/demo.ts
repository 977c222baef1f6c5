import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {Flags} from '@oclif/core'
import {BaseCommand} from '../base-command.ts'
import {changeAnswer, type Answer} from '../lib/output/document.ts'
import {demoEndView, demoView} from '../lib/output/views/demo.ts'
import {demo} from '../lib/procedures/demo.ts'
import {toScene} from '../lib/procedures/demo-scene.ts'

export default class Demo extends BaseCommand {
  static override kind = 'change' as const
  static override summary = 'Show backup, proof, an accident, restore and undo on a real PostgreSQL that it brings along.'
  static override description =
    'Starts PostgreSQL, Redis and the API in a folder of its own, without Docker and without root, loads a data set and runs the real commands on it. Nothing is staged: every figure is measured.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {description: 'Leave the stack up to play with.', command: '<%= config.bin %> <%= command.id %> --keep'},
    {description: 'Stop and remove a stack that was kept.', command: '<%= config.bin %> <%= command.id %> --stop ./demo'},
  ]

  static override flags = {
    keep: Flags.boolean({summary: 'Leave the stack up.', default: false}),
    folder: Flags.string({summary: 'New or empty folder for the stack.', helpValue: 'FOLDER'}),
    stop: Flags.string({summary: 'Stop and remove a stack that was kept.', helpValue: 'FOLDER', exclusive: ['keep', 'folder']}),
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(Demo)
    const {createContext, removeEmbeddedStack, startEmbeddedStack, stopEmbeddedStack} = await import('../context.ts')
    if (flags.stop !== undefined) {
      await removeEmbeddedStack(resolve(flags.stop))
      return changeAnswer('demo', {human: `Stopped and removed ${flags.stop}.`, message: 'stopped', body: {folder: resolve(flags.stop)}})
    }
    const folder = flags.folder ? resolve(flags.folder) : await mkdtemp(join(tmpdir(), 'sparkone-demo-'))
    const stack = await startEmbeddedStack({
      folder,
      apiBundle: join(this.config.root, 'dist', 'demo', 'api.mjs'),
      signal: this.signal,
      report: (detail) => this.#say(`${detail}\n`),
    })
    try {
      const {ports, config} = await createContext({
        mode: {...this.mode, consent: true},
        signal: this.signal,
        version: this.config.version,
        flags: {config: stack.configuration},
        state: join(folder, 'state'),
      })
      const {healthInputOf} = await import('../lib/config/health-input.ts')
      const scenes = []
      for await (const event of demo(ports, healthInputOf(config, null))) {
        const scene = toScene(event)
        scenes.push(scene)
        this.#show(demoView(scene, this.mode))
      }
      const human = demoEndView({...stack, kept: flags.keep}, this.mode)
      return changeAnswer('demo', {human, message: 'every step went as it must', body: {folder, kept: flags.keep, scenes}})
    } finally {
      if (!flags.keep) await stopEmbeddedStack(folder)
    }
  }

  #say(text: string): void {
    if (this.mode.output === 'human' && !this.mode.quiet) process.stderr.write(text)
  }

  #show(text: string): void {
    if (this.mode.output === 'human') process.stdout.write(`${text}\n`)
  }
}
