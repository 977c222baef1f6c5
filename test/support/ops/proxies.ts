import {readFileSync} from 'node:fs'
import path from 'node:path'
import {parse} from 'yaml'
import {z} from 'zod'
import {opsFolder} from './compose-files.ts'

/** What either proxy does to requests from one address. `burst` is what passes at once, null where nothing is limited. */
export const limits = [
  {what: 'GET /stats', method: 'GET', path: '/stats', perSecond: 10, burst: 20},
  {what: 'GET /v1/messages/similar', method: 'GET', path: '/v1/messages/similar', perSecond: 10, burst: 20},
  {what: 'POST /v1/webhooks', method: 'POST', path: '/v1/webhooks', perSecond: 10, burst: 20},
  {what: 'POST /v1/messages', method: 'POST', path: '/v1/messages', perSecond: 2, burst: 5},
  {what: 'GET /health', method: 'GET', path: '/health', perSecond: null, burst: null},
  {what: 'GET /health/ready', method: 'GET', path: '/health/ready', perSecond: null, burst: null},
] as const

/** Headers of every answer over TLS. */
export const securityHeaders = {
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}

/** Headers that tell what runs here. */
export const silencedHeaders = ['server', 'x-powered-by']

export const hiddenPaths = ['/metrics', '/profiler/slow-queries']
export const bodyLimitBytes = 1024 * 1024
export const timeouts = {connect: '2s', answer: '30s', request: '10s', idle: '65s'}
export const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
]

const seconds = z.string().regex(/^\d+(ms|s|m)$/)
const tls = z.strictObject({certResolver: z.string()})

// Traefik's schema is published by SchemaStore only, which no package carries; these are the parts in use, after its documentation of 3.6.
const staticSchema = z.strictObject({
  global: z.strictObject({checkNewVersion: z.boolean(), sendAnonymousUsage: z.boolean()}),
  entryPoints: z.record(
    z.string(),
    z.strictObject({
      address: z.string().regex(/^:\d+$/),
      http: z
        .strictObject({
          redirections: z.strictObject({entryPoint: z.strictObject({to: z.string(), scheme: z.literal('https'), permanent: z.boolean()})}),
        })
        .optional(),
      transport: z
        .strictObject({
          respondingTimeouts: z.strictObject({readTimeout: seconds, writeTimeout: seconds, idleTimeout: seconds}),
          lifeCycle: z.strictObject({requestAcceptGraceTimeout: seconds, graceTimeOut: seconds}),
        })
        .optional(),
    }),
  ),
  providers: z.strictObject({
    docker: z.strictObject({endpoint: z.string(), exposedByDefault: z.boolean()}),
    file: z.strictObject({directory: z.string(), watch: z.boolean()}),
  }),
  certificatesResolvers: z.record(
    z.string(),
    z.strictObject({acme: z.strictObject({storage: z.string(), httpChallenge: z.strictObject({entryPoint: z.string()})})}),
  ),
  api: z.strictObject({dashboard: z.boolean()}),
  ping: z.strictObject({entryPoint: z.string()}),
  metrics: z.strictObject({
    prometheus: z.strictObject({
      entryPoint: z.string(),
      addEntryPointsLabels: z.boolean(),
      addRoutersLabels: z.boolean(),
      addServicesLabels: z.boolean(),
    }),
  }),
  log: z.strictObject({level: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']), format: z.enum(['common', 'json'])}),
  accessLog: z.strictObject({
    format: z.enum(['common', 'json']),
    fields: z.strictObject({
      names: z.record(z.string(), z.enum(['keep', 'drop'])),
      headers: z.strictObject({
        defaultMode: z.enum(['keep', 'drop', 'redact']),
        names: z.record(z.string(), z.enum(['keep', 'drop', 'redact'])),
      }),
    }),
  }),
})

const router = z.strictObject({
  rule: z.string(),
  entryPoints: z.array(z.string()),
  service: z.string(),
  middlewares: z.array(z.string()).default([]),
  tls: tls.optional(),
  priority: z.int(),
})
const middleware = z.union([
  z.strictObject({rateLimit: z.strictObject({average: z.int(), period: seconds, burst: z.int()})}),
  z.strictObject({buffering: z.strictObject({maxRequestBodyBytes: z.int(), memRequestBodyBytes: z.int()})}),
  z.strictObject({replacePath: z.strictObject({path: z.string()})}),
  z.strictObject({retry: z.strictObject({attempts: z.int(), initialInterval: seconds})}),
  z.strictObject({
    headers: z.strictObject({
      stsSeconds: z.int(),
      stsIncludeSubdomains: z.boolean(),
      contentTypeNosniff: z.boolean(),
      frameDeny: z.boolean(),
      referrerPolicy: z.string(),
      permissionsPolicy: z.string(),
      customResponseHeaders: z.record(z.string(), z.string()),
    }),
  }),
])
const dynamicSchema = z.strictObject({
  http: z.strictObject({
    routers: z.record(z.string(), router),
    middlewares: z.record(z.string(), middleware),
    serversTransports: z.record(
      z.string(),
      z.strictObject({
        forwardingTimeouts: z.strictObject({dialTimeout: seconds, responseHeaderTimeout: seconds, idleConnTimeout: seconds}),
      }),
    ),
  }),
  tls: z.strictObject({options: z.record(z.string(), z.strictObject({minVersion: z.string(), cipherSuites: z.array(z.string())}))}),
})

export type Router = z.infer<typeof router>

/** Returns Traefik's two files, checked. The templates in the second one stay as they are. */
export function readTraefik() {
  const read = (name: string): unknown => parse(readFileSync(path.join(opsFolder, 'traefik', name), 'utf8'))
  return {started: staticSchema.parse(read('traefik.yml')), dynamic: dynamicSchema.parse(read('dynamic/sparkone.yml'))}
}
