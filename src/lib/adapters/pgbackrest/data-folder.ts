import {readdir, readFile, rename, rm, stat, statfs} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import type {DataFolder, DataFolderState} from '../../ports/physical.ts'
import {explainAccess} from '../directory/access.ts'
import {syncFolder} from '../directory/durable.ts'
import {LocalExecutor} from '../process/local.ts'
import {namedPrograms} from '../process/named-programs.ts'
import {endProcessesIn} from '../process/working-folder.ts'
import {programsOf} from './recovering-server.ts'

export interface DataFolderOptions {
  path: string
  /** How the server is stopped and started; null where nobody said. */
  commands: {stop: readonly string[]; start: readonly string[]} | null
  /** Folder of PostgreSQL programs that was configured. */
  programs: string | undefined
  clock: Clock
}

/** There while a server runs on the folder, and after one that was killed. */
const pidFileName = 'postmaster.pid'

/** The data folder of a server on this machine. */
export class LocalDataFolder implements DataFolder {
  readonly path: string
  readonly #options: DataFolderOptions

  constructor(options: DataFolderOptions) {
    this.path = options.path
    this.#options = options
  }

  async state(): Promise<DataFolderState> {
    const parent = dirname(this.path)
    return explainAccess(this.path, async () => {
      const [own, pidFile, around, space, siblings] = await Promise.all([
        statOf(this.path),
        statOf(join(this.path, pidFileName)),
        stat(parent),
        statfs(parent),
        readdir(parent),
      ])
      return {
        exists: own !== null,
        movable: own === null || own.dev === around.dev,
        freeBytes: space.bavail * space.bsize,
        siblings: siblings.filter((name) => name !== basename(this.path)),
        running: pidFile !== null,
        canSwap: this.#options.commands !== null,
      }
    })
  }

  async timeline(): Promise<{timeline: number; history: string | null} | null> {
    const version = await readFile(join(this.path, 'PG_VERSION'), 'utf8').catch(() => null)
    if (version === null) return null
    const executor = new LocalExecutor()
    const programs = await programsOf(Number.parseInt(version, 10), this.#options.programs, executor)
    const text = await executor.run([`${programs}pg_controldata`, '-D', this.path], {environment: {LC_ALL: 'C'}}).catch(() => '')
    const [, timeline] = /^Latest checkpoint's TimeLineID:\s+(\d+)$/m.exec(text) ?? []
    if (timeline === undefined) return null
    const name = `${Number(timeline).toString(16).toUpperCase().padStart(8, '0')}.history`
    return {timeline: Number(timeline), history: await readFile(join(this.path, 'pg_wal', name), 'utf8').catch(() => null)}
  }

  async stop(): Promise<void> {
    await this.#run('stop')
    // A command that only asked it to end would have files moved away from under a server that runs.
    if ((await statOf(join(this.path, pidFileName))) === null) return
    throw new OperatorError('failed', `The command of backup.pgbackrest.stop ended with 0, but the server in ${this.path} still runs.`, {
      hint: 'Nothing was changed. Use a command that returns when the server has ended, such as pg_ctl stop --wait.',
    })
  }

  start(): Promise<void> {
    return this.#run('start')
  }

  async rename(moves: readonly {from: string; to: string}[]): Promise<void> {
    const done: {from: string; to: string}[] = []
    try {
      for (const move of moves) {
        if ((await statOf(move.to)) !== null) throw new OperatorError('refused', `${move.to} exists already.`)
        await explainAccess(move.from, () => rename(move.from, move.to))
        done.push(move)
      }
      await explainAccess(dirname(this.path), () => syncFolder(dirname(this.path)))
    } catch (error) {
      for (const {from, to} of done.toReversed()) await rename(to, from)
      throw error
    }
  }

  async lookAt(path: string): Promise<{bytes: number; running: boolean}> {
    return explainAccess(path, async () => {
      const entries = await readdir(path, {recursive: true, withFileTypes: true})
      let bytes = 0
      for (const entry of entries) if (entry.isFile()) bytes += (await statOf(join(entry.parentPath, entry.name)))?.size ?? 0
      return {bytes, running: (await statOf(join(path, pidFileName))) !== null}
    })
  }

  async discard(path: string): Promise<void> {
    await endProcessesIn(path, this.#options.clock)
    await explainAccess(path, () => rm(path, {recursive: true, force: true}))
  }

  async #run(which: 'stop' | 'start'): Promise<void> {
    const argv = this.#options.commands?.[which]
    if (!argv) throw new OperatorError('bug', `No command is configured to ${which} the server.`)
    await using program = namedPrograms(dirname(this.path)).start(argv, {})
    const {exitCode, output} = await program.ended
    if (exitCode === 0) return
    throw new OperatorError('failed', `The command of backup.pgbackrest.${which} ended with ${exitCode ?? 'a signal'}.`, {
      details: output.trim().split('\n').slice(-5),
      hint: `It was: ${argv.join(' ')}`,
    })
  }
}

async function statOf(path: string) {
  return stat(path).catch((error: {code?: string}) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
}
