import cluster, {type Worker} from 'node:cluster'
import {randomUUID} from 'node:crypto'
import {setTimeout as delay} from 'node:timers/promises'
import {AggregatorRegistry, type RegistryContentType} from 'prom-client'
import {log} from './log.ts'

const question = 'sparkone:metrics'
const answer = 'sparkone:metrics:answer'
const answerLimitMilliseconds = 6_000

/** Whether this process only looks after others that serve. */
export function isPrimary(workers: number): boolean {
  return workers > 1 && cluster.isPrimary
}

/** Keeps `count` workers running until SIGTERM or SIGINT, tells them SIGURG, too, and then lets them drain; resolves with the worst of their exit codes. */
export async function superviseWorkers(count: number): Promise<number> {
  const stopping = new AbortController()
  const gathered = new AggregatorRegistry()
  cluster.on('message', (worker, message: {kind?: string; id?: string}) => {
    if (message.kind === question) void answerMetrics(gathered, worker, message.id ?? '')
  })
  const ended = Array.from({length: count}, () => keepWorker(stopping.signal))
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      stopping.abort()
      for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill(signal)
    })
  }
  process.on('SIGURG', () => {
    for (const worker of Object.values(cluster.workers ?? {})) worker?.process.kill('SIGURG')
  })
  return Math.max(...(await Promise.all(ended)))
}

/** Returns what asks the primary for the metrics of all workers, or null in a process that serves alone. */
export function clusterMetrics(): (() => Promise<string>) | null {
  if (!cluster.isWorker) return null
  return () => {
    const id = randomUUID()
    const {promise, resolve, reject} = Promise.withResolvers<string>()
    const timer = setTimeout(() => reject(new Error('the primary did not answer in time')), answerLimitMilliseconds)
    function listen(message: {kind?: string; id?: string; text?: string | null}): void {
      if (message.kind !== answer || message.id !== id) return
      if (typeof message.text === 'string') resolve(message.text)
      else reject(new Error('the metrics of the workers could not be gathered'))
    }
    process.on('message', listen)
    process.send!({kind: question, id})
    return promise.finally(() => {
      clearTimeout(timer)
      process.off('message', listen)
    })
  }
}

// A worker that dies is replaced, a second later, so that one that cannot start does not use up the machine.
async function keepWorker(stopping: AbortSignal): Promise<number> {
  for (;;) {
    const worker = cluster.fork()
    log('info', 'a worker started', {worker: worker.id, pid: worker.process.pid})
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
      worker.once('exit', (...reason) => resolve(reason as [number | null, string | null])),
    )
    if (stopping.aborted) return code ?? 1
    log('error', 'a worker ended and is replaced', {worker: worker.id, reason: signal ?? `exit code ${code}`})
    // An abort rejects here, and then nothing is replaced.
    await delay(1_000, undefined, {signal: stopping}).catch(() => undefined)
    if (stopping.aborted) return code ?? 1
  }
}

async function answerMetrics(gathered: AggregatorRegistry<RegistryContentType>, worker: Worker, id: string): Promise<void> {
  let text: string | null = null
  try {
    text = await gathered.clusterMetrics()
  } catch (error) {
    log('warn', 'the metrics of the workers could not be gathered', {reason: error instanceof Error ? error.message : String(error)})
  }
  if (worker.isConnected()) worker.send({kind: answer, id, text})
}
