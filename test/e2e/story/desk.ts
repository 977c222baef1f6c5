import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {expect} from 'vitest'
import {readDocument, type JsonDocument} from '../../support/documents.ts'
import {startSparkone, type Run, type RunningSparkone} from '../../support/faults/process.ts'
import {startStack, type Stack, type StackOptions, type Testbed} from '../../support/testbed/index.ts'

/** An operator's place at a running Compose stack: the built sparkone, its folders, and everything that was ever printed. */
export interface Desk extends AsyncDisposable {
  testbed: Testbed
  stack: Stack
  /** Backup sets of every project. */
  backups: string
  /** Locks, journal and memory of cron. */
  state: string
  /** What every run so far wrote, for the search for secrets. */
  printed: string[]
  start(words: readonly string[], options?: Where): RunningSparkone
  run(words: readonly string[], options?: Where): Promise<Run>
  /** Runs a command for people and once more with --json, which must end alike; returns the document. */
  both(words: readonly string[], options?: Where): Promise<JsonDocument>
  /** Runs a command with --json and returns its document, however it ended. */
  answers(words: readonly string[], options?: Where): Promise<JsonDocument>
  /** Runs a command with --json that must go well, and returns its document. */
  does(words: readonly string[], options?: Where): Promise<JsonDocument>
  /** The database as text, with owner, settings and privileges; two equal texts are two equal databases. */
  dump(database?: string): Promise<string>
  /** Names of all databases of the stack. */
  databases(): Promise<string[]>
}

export interface Where {
  folder?: string
  environment?: Readonly<Record<string, string>>
}

/** Starts a stack with its own folder for backups and state; dumps are written by three processes. */
export async function openDesk(testbed: Testbed, project: string, options: StackOptions): Promise<Desk> {
  const stack = await startStack(testbed, project, options)
  const folder = await mkdtemp(path.join(tmpdir(), 'desk-'))
  const [backups, state] = [path.join(folder, 'backups'), path.join(folder, 'state')]
  await writeFile(path.join(stack.folder, 'sparkone.yml'), `version: 1\nbackup:\n  directory: ${backups}\n  jobs: 3\n`, {mode: 0o600})
  const printed: string[] = []
  const start: Desk['start'] = (words, where = {}) => {
    const environment = {...stack.environment, SPARKONE_STATE_DIR: state, ...where.environment}
    return startSparkone(words, {cwd: where.folder ?? stack.folder, environment})
  }
  const run: Desk['run'] = async (words, where) => {
    const ended = await start(words, where).ended
    printed.push(ended.stdout, ended.stderr)
    expect(ended.stderr + ended.stdout).not.toMatch(/^ +at .*:\d+:\d+\)?$|sparkone has a bug/m)
    return ended
  }
  const answers: Desk['answers'] = async (words, where) => {
    const {code, stdout} = await run([...words, '--json'], where)
    const document = readDocument(stdout)
    expect(document.exitCode).toBe(code)
    return document
  }
  const both: Desk['both'] = async (words, where) => {
    const {code} = await run(words, where)
    const document = await answers(words, where)
    expect(document.exitCode).toBe(code)
    return document
  }
  const does: Desk['does'] = async (words, where) => {
    const document = await answers(words, where)
    expect(document).toMatchObject({exitCode: 0})
    return document
  }
  const dump: Desk['dump'] = async (database = stack.database.name) => {
    const words = ['pg_dump', '--username', stack.database.user, '--create', `--dbname=${connectionTo(database)}`]
    const {stdout} = await execa('docker', ['exec', await stack.container('postgres'), ...words], {env: stack.environment})
    // The key of these two lines is drawn anew for each dump.
    return stdout.replaceAll(/^\\(?:un)?restrict .*$/gm, '')
  }
  const databases: Desk['databases'] = async () =>
    (await stack.sql('SELECT datname FROM pg_database WHERE NOT datistemplate ORDER BY 1', 'postgres')).split('\n')
  const dispose = async () => {
    await stack[Symbol.asyncDispose]()
    await rm(folder, {recursive: true, force: true})
  }
  return {testbed, stack, backups, state, printed, start, run, answers, both, does, dump, databases, [Symbol.asyncDispose]: dispose}
}

/** Returns everything that lies in files below a folder. */
export async function textsBelow(folder: string): Promise<{file: string; text: string}[]> {
  const entries = await readdir(folder, {recursive: true, withFileTypes: true})
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return Promise.all(files.map(async (file) => ({file, text: await readFile(file, 'latin1')})))
}

/** Returns a connection string that names nothing but the database, whatever characters stand in its name. */
export function connectionTo(database: string): string {
  return `dbname='${database.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
}
