import {randomBytes} from 'node:crypto'
import {appendFile, chown, mkdir, mkdtemp, readdir, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {serverIdentity} from '../../src/lib/adapters/process/identity.ts'
import {startSparkone, type Run, type RunningSparkone} from './faults/process.ts'
import {findFreePort} from './testbed/free-port.ts'

/** A PostgreSQL that archives to a repository of pgBackRest, all of it in one folder, and sparkone.yml for both; dispose of it to end and remove it. */
export interface PgbackrestScene extends AsyncDisposable {
  folder: string
  dataFolder: string
  repository: string
  start(words: readonly string[]): RunningSparkone
  sparkone(words: readonly string[]): Promise<Run>
  /** Returns what psql prints. */
  sql(text: string): Promise<string>
  /** Adds to the configuration of sparkone, and to what holds for all stanzas in that of pgBackRest. */
  configure(settings: Record<string, object>, engine?: Record<string, string>): Promise<void>
  /** As a crash does it. */
  crash(): Promise<void>
  /** Returns what a run left that nobody asked for. */
  debris(): Promise<string[]>
}

export interface SceneOptions {
  postgresBin: string
  pgbackrest: string
}

/** Starts the server, with its stanza created. */
export async function startPgbackrestScene({postgresBin, pgbackrest: program}: SceneOptions): Promise<PgbackrestScene> {
  const folder = await mkdtemp(path.join(tmpdir(), 'pitr-'))
  const identity: {uid?: number; gid?: number} = (await serverIdentity()) ?? {}
  const dataFolder = path.join(folder, 'main')
  const port = await findFreePort()
  const own = async (place: string) => (identity.uid === undefined ? undefined : chown(place, identity.uid, identity.gid!))
  const inFolder = async (name: string) => {
    await mkdir(path.join(folder, name))
    await own(path.join(folder, name))
    return path.join(folder, name)
  }
  await own(folder)
  const [repository, log, lock, spool] = await Promise.all(['repository', 'log', 'lock', 'spool'].map(inFolder))
  const run = (argv: readonly string[]) => execa(argv[0]!, argv.slice(1), {...identity, cwd: folder, stdin: 'ignore'})
  const configuration = path.join(folder, 'pgbackrest.conf')
  const global = [`repo1-path=${repository}`, `log-path=${log}`, `lock-path=${lock}`, `spool-path=${spool}`]
  const fast = ['start-fast=y', 'compress-level=1', 'process-max=2', 'repo1-retention-full=5', 'job-retry=0', 'archive-timeout=20']
  const stanza = [`pg1-path=${dataFolder}`, `pg1-port=${port}`, `pg1-socket-path=${folder}`]
  await writeFile(configuration, ['[global]', ...global, ...fast, '[shop]', ...stanza, ''].join('\n'))
  await run([path.join(postgresBin, 'initdb'), '-D', dataFolder, '-A', 'trust', '-U', 'postgres', '--no-sync', '--data-checksums'])
  const archive = `${program} --config=${configuration} --stanza=shop archive-push %p`
  const settings = [`port=${port}`, "listen_addresses=''", `unix_socket_directories='${folder}'`, 'fsync=off', 'archive_mode=on']
  await appendFile(path.join(dataFolder, 'postgresql.conf'), [...settings, `archive_command='${archive}'`, ''].join('\n'))
  const control = (...words: string[]) => [path.join(postgresBin, 'pg_ctl'), '-D', dataFolder, '--wait', ...words]
  const startServer = control('start', '-l', path.join(log!, 'postgresql'))
  const stop = control('stop', '--mode=fast')
  const asServer = (argv: string[]) => (identity.uid === undefined ? argv : ['runuser', '-u', 'postgres', '--', ...argv])
  await run(startServer)
  await run([program, `--config=${configuration}`, '--stanza=shop', 'stanza-create'])
  const yaml = {
    version: 1,
    project: `pitr-${randomBytes(3).toString('hex')}`,
    runtime: 'host',
    database: {host: folder, port, user: 'postgres', name: 'postgres', programs: postgresBin},
    backup: {
      directory: path.join(folder, 'sets'),
      engine: 'pgbackrest',
      pgbackrest: {config: configuration, command: [program], stop: asServer(stop), start: asServer(startServer)},
    },
  }
  await writeFile(path.join(folder, 'sparkone.yml'), JSON.stringify(yaml))
  const state = path.join(folder, 'state')
  const scratch = await mkdtemp(path.join(tmpdir(), 'pitr-scratch-'))
  await execa('chmod', ['755', scratch])
  const environment = {SPARKONE_STATE_DIR: state, TMPDIR: scratch}
  const start = (words: readonly string[]) => startSparkone(words, {cwd: folder, environment})
  return {
    folder,
    dataFolder,
    repository: repository!,
    configure: async (added, engine = {}) => {
      for (const [section, values] of Object.entries(added)) Object.assign(section === 'backup' ? yaml.backup : {}, values)
      await writeFile(path.join(folder, 'sparkone.yml'), JSON.stringify({...added, ...yaml}))
      const lines = [...global, ...fast].filter((line) => !Object.hasOwn(engine, line.split('=')[0]!))
      await writeFile(
        configuration,
        ['[global]', ...lines, ...Object.entries(engine).map(([key, value]) => `${key}=${value}`), '[shop]', ...stanza, ''].join('\n'),
      )
    },
    crash: async () => void (await run(control('stop', '--mode=immediate'))),
    start,
    sparkone: (words) => start(words).ended,
    sql: async (text) =>
      (
        await run([
          path.join(postgresBin, 'psql'),
          '-XAtq',
          '-h',
          folder,
          '-p',
          String(port),
          '-U',
          'postgres',
          '-d',
          'postgres',
          '-c',
          text,
        ])
      ).stdout,
    debris: async () => [...(await readdir(scratch)), ...(await readdir(folder)).filter((name) => name.includes('_recovering_'))],
    [Symbol.asyncDispose]: async () => {
      await run([...stop, '--mode=immediate']).catch(() => undefined)
      for (const place of [folder, scratch]) await rm(place, {recursive: true, force: true})
    },
  }
}
