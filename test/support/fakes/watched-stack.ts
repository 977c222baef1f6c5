import {OperatorError} from '../../../src/lib/errors.ts'
import type {DatabaseServer, Runtime, ServiceState} from '../../../src/lib/ports.ts'

export const healthyContainer: ServiceState = {
  service: 'api',
  name: 'shop-api-1',
  state: 'running',
  health: 'healthy',
  restarts: 0,
  exitCode: null,
  restartPolicy: 'unless-stopped',
  cpuPercent: 2,
  memoryBytes: 120 * 1024 ** 2,
  memoryLimitBytes: 512 * 1024 ** 2,
}

/** A runtime as `health` sees it: containers, Redis and a database that answers the one question it is asked. */
export class WatchedStack implements Runtime {
  kind: Runtime['kind'] = 'compose'
  readonly description = 'Compose project shop'
  readonly databaseName = 'shop'
  readonly control = async () => {}
  containers: ServiceState[] | OperatorError = [healthyContainer]
  reading: Record<string, unknown> | OperatorError | 'hangs' = {
    version: '17.2',
    recovering: false,
    connections: 12,
    connectionLimit: 100,
    tables: [
      {schema: 'public', name: 'customers'},
      {schema: 'public', name: 'orders'},
    ],
  }
  redisReplies: Record<string, string | OperatorError> = {PING: 'PONG', INFO: '# Memory\r\nused_memory:1048576\r\nmaxmemory:0\r\n'}
  redisMissing = false

  get database(): DatabaseServer {
    return {query: () => given(this.reading)} as unknown as DatabaseServer
  }

  /** Milliseconds that a caller left for what the containers use. */
  useMilliseconds: number | undefined

  services(_signal?: AbortSignal, useMilliseconds?: number): Promise<ServiceState[]> {
    this.useMilliseconds = useMilliseconds
    return given(this.containers)
  }

  async redis([command]: readonly string[]): Promise<string> {
    if (this.redisMissing) throw new OperatorError('notFound', 'No Redis is configured.')
    return given(this.redisReplies[command!]!)
  }

  logs(): Promise<string[]> {
    return Promise.resolve([])
  }

  sweep(): Promise<string[]> {
    return Promise.resolve([])
  }
}

function given<Value>(value: unknown): Promise<Value> {
  if (value === 'hangs') return new Promise(() => {})
  if (value instanceof OperatorError) return Promise.reject(value)
  const isRow = typeof value === 'object' && !Array.isArray(value)
  return Promise.resolve((isRow ? [value] : value) as Value)
}
