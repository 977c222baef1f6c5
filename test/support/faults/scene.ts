import {chmod, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {DirectoryStore} from '../../../src/lib/adapters/directory/store.ts'
import {startSparkone, type Run, type RunningSparkone} from './process.ts'
import type {HeldProgram} from './programs.ts'
import {fingerprintSql, shopSql} from './shop.ts'

export const shop = 'shop'

export interface SceneRunOptions {
  environment?: Readonly<Record<string, string>>
  identity?: {uid: number; gid: number}
}

/** A database with rows in it, a configuration and a folder for backups: what a fault needs to happen to. */
export interface Scene extends AsyncDisposable {
  /** sparkone runs here. */
  folder: string
  project: string
  /** Locks and journal. */
  state: string
  /** The folder that the sets lie in. */
  sets: string
  start(words: readonly string[], options?: SceneRunOptions): RunningSparkone
  /** Runs sparkone to its end. */
  run(words: readonly string[], options?: SceneRunOptions): Promise<Run>
  /** Runs SQL as the superuser and returns rows as psql prints them unaligned. */
  sql(statements: string, name?: string): Promise<string>
  /** A hash over every row of every table, and over what hangs on them. */
  fingerprint(name?: string): Promise<string>
  /** Drops the databases that restores put aside, as an operator does who is content. */
  dropKept(): Promise<void>
  /** Stops the dump of a run half-way. */
  holdDump(run: RunningSparkone): Promise<HeldProgram>
  /** Returns a line for everything that runs left behind and that does not go away by itself: folders, databases, containers, processes. */
  debris(): Promise<string[]>
}

export interface SceneParts {
  sql: Scene['sql']
  /** Lines of `sparkone.yml` that say where the database is. */
  settings: string
  environment: Record<string, string>
  /** What is left where only this runtime leaves things. */
  leftBehind(scene: {project: string; state: string}): Promise<string[]>
  holdDump(run: RunningSparkone): Promise<HeldProgram>
  dispose(): Promise<void>
}

/** Fills the database and makes the folders of a scene. */
export async function describeScene({sql, settings, environment, leftBehind, holdDump, dispose}: SceneParts): Promise<Scene> {
  await sql(shopSql)
  const {folder, state, temporary, project} = await makeFolders(settings)
  const sets = new DirectoryStore(path.join(folder, 'backups'), project, 'production').location
  const start = (words: readonly string[], {environment: more, identity}: SceneRunOptions = {}) =>
    startSparkone(words, {
      cwd: folder,
      environment: {TMPDIR: temporary, SPARKONE_STATE_DIR: state, ...environment, ...more},
      ...(identity && {identity}),
    })
  const look = async () => [
    ...(await list(sets)).filter((name) => name.startsWith('.')),
    ...(await list(temporary)).filter((name) => name.startsWith('sparkone-')),
    ...(await list(path.join(state, 'locks'))),
    ...(await leftInServer(sql)),
    ...(await leftBehind({project, state})),
  ]
  return {
    folder,
    project,
    state,
    sets,
    sql,
    start,
    run: (words, options) => start(words, options).ended,
    fingerprint: (name) => sql(fingerprintSql, name),
    dropKept: () => dropKept(sql),
    holdDump: (run) => holdDump(run).catch((error: unknown) => giveUp(run, error)),
    debris: () => lasting(look),
    [Symbol.asyncDispose]: async () => {
      await dispose()
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function makeFolders(settings: string) {
  const folder = await mkdtemp(path.join(tmpdir(), 'fault-'))
  const temporary = path.join(folder, 'tmp')
  await mkdir(temporary)
  // The throw-away clusters that lie in here run as another user.
  await chmod(folder, 0o711)
  await chmod(temporary, 0o1777)
  const project = path.basename(folder).toLowerCase()
  await writeFile(path.join(folder, 'sparkone.yml'), `version: 1\nproject: ${project}\n${settings}backup: {directory: ./backups}\n`)
  return {folder, state: path.join(folder, 'state'), temporary, project}
}

/** A run whose dump slipped through must not stand in the way of the tests that follow. */
function giveUp(run: RunningSparkone, error: unknown): never {
  run.child.kill('SIGKILL')
  throw new Error(`The dump could not be held; sparkone printed: ${run.output()}`, {cause: error})
}

async function dropKept(sql: Scene['sql']): Promise<void> {
  const names = lines(await sql(String.raw`SELECT datname FROM pg_database WHERE datname LIKE '%\_before\_%'`, 'postgres'))
  for (const name of names) await sql(`DROP DATABASE ${name}`, 'postgres')
}

/** A client that has just ended may leave its session behind for a moment: only what stays counts. */
async function lasting(look: () => Promise<string[]>): Promise<string[]> {
  let found = await look()
  for (const limit = performance.now() + 5000; found.length > 0 && performance.now() < limit;) found = await look()
  return found
}

async function leftInServer(sql: Scene['sql']): Promise<string[]> {
  const found = await sql(
    String.raw`SELECT 'database ' || datname FROM pg_database WHERE datname LIKE '%\_restoring\_%'
      UNION ALL SELECT 'session ' || application_name || ' ' || left(query, 80) FROM pg_stat_activity WHERE application_name LIKE 'sparkone:%'`,
    'postgres',
  )
  return lines(found)
}

async function list(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => [])
}

export function lines(text: string): string[] {
  return text.split('\n').filter(Boolean)
}
