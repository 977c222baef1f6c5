import type {DatabaseServer} from './database.ts'

/** Where the product's services run. */
export interface Runtime {
  readonly kind: 'compose' | 'host' | 'embedded'
  /** One line for people: which project, which server. */
  readonly description: string
  readonly database: DatabaseServer
  /** The database that is backed up, restored and looked at. */
  readonly databaseName: string
  /** States of the containers or processes; empty where the runtime cannot know (host). What is not measured within `useMilliseconds` is null. */
  services(signal?: AbortSignal, useMilliseconds?: number): Promise<ServiceState[]>
  /** Last lines that a service logged, oldest first. */
  logs(service: string, lines: number): Promise<string[]>
  /** Starts or ends every container of a service. Throws `notFound`, also where the runtime runs no services. */
  control(service: string, action: 'start' | 'stop' | 'restart'): Promise<void>
  /** Sends one command to Redis and returns the reply as text. Throws `unreachable`, `denied`, or `notFound` where no Redis is configured. */
  redis(command: readonly string[], signal?: AbortSignal): Promise<string>
  /** Ends what earlier runs that died left running and returns a line for each. Call only while holding the lock. */
  sweep(): Promise<string[]>
}

export interface ServiceState {
  service: string
  name: string
  state: 'running' | 'exited' | 'paused' | 'restarting' | 'created' | 'dead' | 'missing'
  /** `none`: no health check is defined, so nothing is known. */
  health: 'healthy' | 'unhealthy' | 'starting' | 'none'
  restarts: number
  exitCode: number | null
  /** Docker's restart policy; only a container that nothing restarts may have ended on purpose. */
  restartPolicy?: 'no' | 'on-failure' | 'always' | 'unless-stopped'
  /** Last output of the health check, when unhealthy. */
  healthOutput?: string
  cpuPercent: number | null
  memoryBytes: number | null
  memoryLimitBytes: number | null
}
