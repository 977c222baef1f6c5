import {chmod, mkdtemp, readFile, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {EmbeddedRuntime} from '../../../src/lib/adapters/embedded/runtime.ts'
import {startEmbeddedStack, stopEmbeddedStack} from '../../../src/lib/adapters/embedded/stack.ts'
import {stackSchema} from '../../../src/lib/adapters/embedded/stack-file.ts'
import {runtimeConformance} from './conformance.ts'
import {localThrowAways} from './local-throw-aways.ts'
import {openRuntime, type Subject} from './subject.ts'

const apiBundle = path.resolve(import.meta.dirname, '../../../dist/demo/api.mjs')

runtimeConformance('the embedded runtime', async (): Promise<Subject | string> => {
  const parent = await mkdtemp(path.join(tmpdir(), 'emb-'))
  // The server runs as another user when this is root, and must be able to pass.
  await chmod(parent, 0o755)
  const folder = path.join(parent, 's')
  const {signal} = new AbortController()
  const stack = await startEmbeddedStack({folder, apiBundle, clock: systemClock, signal, report: () => undefined})
  const {processes} = stackSchema.parse(JSON.parse(await readFile(path.join(folder, 'stack.json'), 'utf8')))
  const local = await localThrowAways()
  const open: Subject['open'] = (...run) => openRuntime(EmbeddedRuntime.open, folder, {}, ...run)
  const runtime = await open()
  const [facts] = await runtime.database.query<{major: number; vectors: boolean}>(
    'postgres',
    `SELECT current_setting('server_version_num')::int / 10000 AS major,
       EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector') AS vectors`,
  )
  return {
    ...local,
    runtime,
    major: facts!.major,
    hasVectors: facts!.vectors,
    open,
    openWithWrongCredentials: () => openRuntime(EmbeddedRuntime.open, folder, {DB_USER: 'nobody'}),
    client: {host: path.join(folder, 'postgres'), port: 5432, user: 'sparkone'},
    logged: {service: 'api', word: 'listening'},
    services: [],
    redis: stack.hasRedis ? 'without password' : 'none',
    async stopDatabase() {
      process.kill(processes.find(({service}) => service === 'postgres')!.pid, 'SIGQUIT')
    },
    async [Symbol.asyncDispose]() {
      await stopEmbeddedStack(folder, systemClock)
      await local[Symbol.asyncDispose]()
      await rm(parent, {recursive: true, force: true})
    },
  }
})
