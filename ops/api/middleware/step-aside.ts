import type {MiddlewareHandler} from 'hono'
import {answerProblem, Problem} from '../problem.ts'

// nginx leaves a replica alone for a while after two failures (ops/nginx/conf.d/upstream.conf), and looks once again after that.
const refusals = 4

/**
 * Returns middleware that makes nginx, which does not ask for readiness by itself, send nothing more to a process that is about to end: a few
 * requests that may be repeated are refused, and nginx asks another replica for the same. What may not be repeated is always served.
 */
export function stepAside(isDraining: () => boolean): MiddlewareHandler {
  let left = refusals
  return async (context, next) => {
    const {method, path} = context.req
    const canBeRepeated = (method === 'GET' || method === 'HEAD') && context.req.header('x-repeated-elsewhere') !== undefined
    if (!isDraining() || !canBeRepeated || left === 0 || path.startsWith('/health')) return next()
    left -= 1
    context.header('connection', 'close')
    // A status that nothing else here has, and the only one for which nginx asks elsewhere (ops/nginx/parts/proxy.conf).
    return answerProblem(context, new Problem(504, 'draining', 'This replica is about to end.'))
  }
}
