import {readFileSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, it} from 'vitest'
import {opsFolder} from '../support/ops/compose-files.ts'
import {
  bodyLimitBytes,
  ciphers,
  hiddenPaths,
  limits,
  readTraefik,
  securityHeaders,
  silencedHeaders,
  timeouts,
  type Router,
} from '../support/ops/proxies.ts'

const {started, dynamic} = readTraefik()
const {routers, middlewares} = dynamic.http
const ofHost = 'Host(`{{ env "SPARKONE_DOMAIN" }}`)'

describe('Traefik', () => {
  it.each(limits)('limits $what as nginx does', ({method, path: asked, perSecond, burst}) => {
    const named = routed('websecure', method, asked).middlewares.flatMap((name) => middlewareOf(name))
    const limit = named.flatMap((each) => ('rateLimit' in each ? [each.rateLimit] : []))
    expect(limit).toEqual(perSecond === null ? [] : [{average: perSecond, period: '1s', burst}])
  })

  it('gives every answer of the public site the headers that nginx gives', () => {
    for (const router of Object.values(routers).filter(({entryPoints}) => entryPoints.includes('websecure'))) {
      const [headers, ...more] = router.middlewares.flatMap((name) =>
        middlewareOf(name).flatMap((each) => ('headers' in each ? [each.headers] : [])),
      )
      expect(more).toEqual([])
      expect({
        'strict-transport-security': `max-age=${headers!.stsSeconds}${headers!.stsIncludeSubdomains ? '; includeSubDomains' : ''}`,
        ...(headers!.contentTypeNosniff && {'x-content-type-options': 'nosniff'}),
        ...(headers!.frameDeny && {'x-frame-options': 'DENY'}),
        'referrer-policy': headers!.referrerPolicy,
        'permissions-policy': headers!.permissionsPolicy,
      }).toEqual(securityHeaders)
      // An empty value takes the header out.
      const silenced = Object.entries(headers!.customResponseHeaders).map(([name, value]) => [name.toLowerCase(), value])
      expect(silenced).toEqual(silencedHeaders.map((name) => [name, '']))
    }
  })

  it.each(hiddenPaths)('answers %s to the machine alone', (hidden) => {
    const rewritten = routed('websecure', 'GET', hidden).middlewares.flatMap((name) => middlewareOf(name))
    expect(rewritten).toContainEqual({replacePath: {path: '/nowhere'}})
    expect(routed('local', 'GET', hidden)).toMatchObject({service: 'api@docker', middlewares: ['retry']})
  })

  it('ends what takes too long, at the limits of nginx', () => {
    const {forwardingTimeouts} = dynamic.http.serversTransports.patient!
    expect(forwardingTimeouts).toMatchObject({dialTimeout: timeouts.connect, responseHeaderTimeout: timeouts.answer})
    for (const name of ['web', 'websecure']) {
      expect(started.entryPoints[name]!.transport!.respondingTimeouts).toMatchObject({
        readTimeout: timeouts.request,
        idleTimeout: timeouts.idle,
      })
    }
    expect(middlewares['body-limit']).toMatchObject({buffering: {maxRequestBodyBytes: bodyLimitBytes}})
  })

  it('speaks TLS 1.2 and newer, with the ciphers of nginx', () => {
    const options = dynamic.tls.options.default!
    expect(options.minVersion).toBe('VersionTLS12')
    const known = options.cipherSuites.map((name) =>
      name.replace(/^TLS_(ECDHE)_(ECDSA|RSA)_WITH_(?:AES_(128|256)_(GCM)_(SHA\d+)|(CHACHA20)_(POLY1305)_SHA256)$/, (...groups) => {
        const [, exchange, signature, bits, mode, hash, stream, tag] = groups as string[]
        return [exchange, signature, ...(stream ? [stream, tag] : [`AES${bits}`, mode, hash])].join('-')
      }),
    )
    expect(known.toSorted()).toEqual(ciphers.toSorted())
  })

  it('sends every request over HTTP to HTTPS and gets its certificates by that port', () => {
    expect(started.entryPoints.web!.http!.redirections.entryPoint).toEqual({to: ':443', scheme: 'https', permanent: true})
    expect(started.certificatesResolvers.letsencrypt!.acme).toEqual({storage: '/acme/acme.json', httpChallenge: {entryPoint: 'web'}})
    for (const {tls} of Object.values(routers).filter(({entryPoints}) => entryPoints.includes('websecure'))) {
      expect(tls).toEqual({certResolver: 'letsencrypt'})
    }
  })

  it('shows metrics and answers pings at 8082', () => {
    expect(started.entryPoints.metrics!.address).toBe(':8082')
    expect([started.metrics.prometheus.entryPoint, started.ping.entryPoint]).toEqual(['metrics', 'metrics'])
  })

  it('names nothing that is not there', () => {
    const transports = [...readFileSync(path.join(opsFolder, 'docker-compose.prod.yml'), 'utf8').matchAll(/serverstransport: (\S+)@file/g)]
    expect(transports.map(([, name]) => name)).toEqual(Object.keys(dynamic.http.serversTransports))
    const used = new Set(Object.values(routers).flatMap((router) => router.middlewares))
    expect(used).toEqual(new Set(Object.keys(middlewares)))
    for (const {entryPoints, service} of Object.values(routers)) {
      expect(Object.keys(started.entryPoints)).toEqual(expect.arrayContaining(entryPoints))
      expect(['api@docker', 'api@internal']).toContain(service)
    }
  })

  it('tells sparkone which replicas it sends to, at the port that this machine alone reaches, and nobody else', () => {
    expect(routed('local', 'GET', '/api/http/services').service).toBe('api@internal')
    expect(routed('websecure', 'GET', '/api/http/services').service).toBe('api@docker')
    const asked = Object.values(routers).filter(({service}) => service === 'api@internal')
    expect(asked.flatMap(({entryPoints}) => entryPoints)).toEqual(['local'])
    // `insecure` would answer at a port of its own; the dashboard is for nobody.
    expect(started.api).toEqual({dashboard: false})
  })
})

function middlewareOf(name: string) {
  expect(Object.keys(middlewares)).toContain(name)
  return [middlewares[name]!]
}

/** The router of highest priority that takes the request, as Traefik chooses. */
function routed(entryPoint: string, method: string, asked: string): Router {
  const matching = Object.values(routers).filter(({entryPoints, rule}) => entryPoints.includes(entryPoint) && matches(rule, method, asked))
  return matching.toSorted((a, b) => b.priority - a.priority)[0]!
}

/** Evaluates the few matchers in use: an `&&` of matchers, one of them perhaps a parenthesis of `||`. */
function matches(rule: string, method: string, asked: string): boolean {
  return rule
    .replace(ofHost, 'PathPrefix(`/`)')
    .split(' && ')
    .every((part) =>
      part
        .replace(/^\((.*)\)$/, '$1')
        .split(' || ')
        .some((matcher) => matchesOne(matcher, method, asked)),
    )
}

function matchesOne(matcher: string, method: string, asked: string): boolean {
  const [, name, value] = /^(Path|PathPrefix|Method)\(`([^`]*)`\)$/.exec(matcher) ?? []
  if (name === 'Method') return value === method
  if (name === 'Path') return value === asked
  if (name === 'PathPrefix') return asked.startsWith(value!)
  throw new Error(`The test does not know the matcher ${matcher}.`)
}
