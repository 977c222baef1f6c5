import path from 'node:path'
import type {ClientConfig} from 'pg'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {loadConfig} from '../../../src/lib/config/load.ts'
import type {Config} from '../../../src/lib/config/schema.ts'
import type {Runtime} from '../../../src/lib/ports.ts'

/** A runtime over real services, and the ways around it by which a test changes them and looks at them. */
export interface Subject extends AsyncDisposable {
  runtime: Runtime
  /** Major version that the server has. */
  major: number
  hasVectors: boolean
  /** Opens the runtime once more, as a run of its own would; `state` names another state folder, beside that of all other runs. */
  open(signal?: AbortSignal, state?: string): Promise<Runtime>
  /** Opens the runtime with credentials that PostgreSQL, and Redis where it has a password, refuse. */
  openWithWrongCredentials(): Promise<Runtime>
  /** How a client that is not sparkone reaches the server. */
  client: ClientConfig
  /** Command lines of the programs that run where the runtime runs its own. */
  processes(): Promise<string[]>
  /** What there is of throw-away servers: containers, folders, processes. */
  throwAways(): Promise<string[]>
  /** What must be true of the throw-away server that is running. */
  expectUnreachable(): Promise<void>
  /** Service and a word that it logs; null where the runtime knows no logs. */
  logged: {service: string; word: string} | null
  /** Services that the runtime knows of. */
  services: readonly string[]
  redis: 'with password' | 'without password' | 'none'
  stopDatabase(): Promise<void>
}

/** Opens a runtime of the given kind as context.ts would. */
export async function openRuntime(
  open: (options: {config: Config; state: string; signal: AbortSignal; clock: typeof systemClock}) => Promise<Runtime>,
  cwd: string,
  environment: Record<string, string>,
  signal: AbortSignal = new AbortController().signal,
  state = 'state',
): Promise<Runtime> {
  const {config} = await loadConfig({flags: {}, cwd, environment})
  // Several processes load whatever there is room for, large or small.
  const several = {...config, restore: {...config.restore, jobs: 2}}
  return open({config: several, state: path.join(cwd, state), signal, clock: systemClock})
}
