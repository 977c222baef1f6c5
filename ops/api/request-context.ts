import {AsyncLocalStorage} from 'node:async_hooks'

/** What every log line, profile and trace of one request carries. */
export interface RequestContext {
  requestId: string
  /** The same through all programs that a request passes. */
  correlationId: string
  channel?: number
  userId?: number
}

const storage = new AsyncLocalStorage<RequestContext>()

/** Returns what `work` returns; all that it calls, and awaits, is part of the request. */
export function withinRequest<T>(context: RequestContext, work: () => T): T {
  return storage.run(context, work)
}

/** Returns the request that is being answered, or nothing outside of one. */
export function currentRequest(): RequestContext | undefined {
  return storage.getStore()
}

/** Adds what became known on the way; without a request it does nothing. */
export function addToRequest(known: Partial<Pick<RequestContext, 'channel' | 'userId'>>): void {
  Object.assign(storage.getStore() ?? {}, known)
}
