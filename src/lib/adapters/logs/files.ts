import {existsSync, lstatSync, readdirSync, renameSync, rmSync, type Stats} from 'node:fs'
import {chmod, chown, mkdir, open, readFile} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import type {LogRotation, LogStep} from '../../domain/log-rotation.ts'
import type {LogRule, LogSignal} from '../../domain/log-rule.ts'
import type {LogWriters} from '../../domain/log-writers.ts'
import {abortError, OperatorError} from '../../errors.ts'
import type {DockerPaths, FoundLogs, LogFiles, LogMemory} from '../../ports/logs.ts'
import {accessError, explainAccess} from '../directory/access.ts'
import {compressLog} from './compress.ts'
import {copyAndEmpty} from './copy.ts'
import {findLogs} from './find.ts'
import {FileLogMemory} from './rotation-memory.ts'
import {findWriters} from './writers.ts'

export interface LocalLogFilesOptions {
  /** What relative patterns are looked for in. */
  folder: string
  /** File that remembers when each log was rotated. */
  memory: string
  signal: AbortSignal
}

/** Logs in the folders of this machine. */
export class LocalLogFiles implements LogFiles {
  readonly folder: string
  readonly #options: LocalLogFilesOptions
  #memory: Promise<LogMemory> | undefined

  constructor(options: LocalLogFilesOptions) {
    this.folder = options.folder
    this.#options = options
  }

  async find(rule: LogRule, docker: DockerPaths): Promise<FoundLogs> {
    const memory = await this.memory()
    const {logs, refused} = findLogs(this.folder, rule, docker)
    return {logs: logs.map((log) => ({...log, lastAt: memory.lastAt(log.path)})), refused}
  }

  async writers(paths: readonly string[]): Promise<LogWriters> {
    return findWriters(paths)
  }

  async apply(path: string, steps: readonly LogStep[]): Promise<void> {
    const folder = dirname(path)
    for (const step of steps) {
      if (step.kind === 'compress') await this.#compress(join(folder, step.name))
      else explained(path, () => applyAtOnce(folder, step))
    }
  }

  async #compress(path: string): Promise<void> {
    const {signal} = this.#options
    try {
      await compressLog(path, signal)
    } catch (error) {
      throw signal.aborted ? abortError(signal) : accessError(path, error)
    }
  }

  async turn({path, to}: LogRotation, {copyTruncate, create}: LogRule): Promise<void> {
    const target = join(dirname(path), to)
    const status = explained(path, () => lstatSync(path))
    // A log that became a link, or got a second name, since it was found, may be anything by now.
    if (!status.isFile() || status.nlink > 1) throw new OperatorError('refused', `${path} is not the file any more that it was.`)
    if (existsSync(target)) throw new OperatorError('failed', `${target} is there already.`)
    if (copyTruncate) return explainAccess(path, () => copyAndEmpty(path, target, status))
    explained(path, () => renameSync(path, target))
    if (create !== null) await explainAccess(path, () => createAnew(path, create, status))
  }

  async signalProcess({name, pidFile}: LogSignal): Promise<void> {
    const text = await explainAccess(pidFile ?? '', () => readFile(pidFile ?? '', 'utf8'))
    const process_ = /^\s*([1-9]\d*)\s*$/.exec(text)?.[1]
    if (process_ === undefined) throw new OperatorError('notFound', `${pidFile} holds no number of a process.`)
    try {
      process.kill(Number(process_), `SIG${name}`)
    } catch (error) {
      throw new OperatorError('notFound', `Process ${process_} of ${pidFile} could not be sent ${name}.`, {cause: error})
    }
  }

  async write(path: string, lines: AsyncIterable<string>): Promise<number> {
    return explainAccess(path, async () => {
      await mkdir(dirname(path), {recursive: true, mode: 0o750})
      await using file = await open(path, 'wx', 0o640)
      for await (const line of lines) await file.write(`${line}\n`)
      await file.sync()
      return (await file.stat()).size
    })
  }

  async snapshots(): Promise<string[]> {
    const folder = join(this.folder, 'snapshots')
    return existsSync(folder) ? explained(folder, () => readdirSync(folder)) : []
  }

  memory(): Promise<LogMemory> {
    return (this.#memory ??= FileLogMemory.open(this.#options.memory))
  }
}

function applyAtOnce(folder: string, step: Exclude<LogStep, {kind: 'compress'}>): void {
  if (step.kind === 'remove') return rmSync(join(folder, step.name), {force: true})
  renameSync(join(folder, step.from), join(folder, step.to))
}

async function createAnew(path: string, create: number | 'same', {uid, gid, mode}: Stats): Promise<void> {
  try {
    const file = await open(path, 'wx', 0o600)
    await file.close()
  } catch (error) {
    // The writer was faster.
    if ((error as {code?: string}).code === 'EEXIST') return
    throw error
  }
  if (process.getuid?.() === 0) await chown(path, uid, gid)
  await chmod(path, create === 'same' ? mode & 0o7777 : create)
}

function explained<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw accessError(basename(path) === '' ? '/' : path, error)
  }
}
