import type {Discovery} from '../domain/discovery.ts'
import {OperatorError} from '../errors.ts'

export interface InitPlan {
  file: string
  text: string
  /** An older file is in the way; it is kept beside the new one. */
  replaces: boolean
  summary: readonly string[]
}

/** Returns the configuration file to write. Throws `refused` when there is one already and replacing it was not asked for. */
export function planInit(discovery: Discovery, force: boolean): InitPlan {
  const {file, exists} = discovery
  if (exists && !force) {
    throw new OperatorError('refused', `${file} exists already.`, {
      hint: 'sparkone init --force replaces it and keeps the old one as .bak; sparkone config shows what it says.',
    })
  }
  return {file, replaces: exists, text: draftConfiguration(discovery), summary: summaryOf(discovery)}
}

/** Returns a commented `sparkone.yml` that pins what was found out and shows the rest as comments. */
function draftConfiguration(discovery: Discovery): string {
  const blocks = [
    `# Configuration of sparkone. Read from ${discovery.origin}; a line that is commented out shows the default or an example.
# A secret does not belong in here: refer to it, as {env: NAME} or {file: path}. sparkone config shows what is in force and why.
version: 1`,
    `project: ${scalar(discovery.project)}\nruntime: ${discovery.runtime}`,
    discovery.runtime === 'compose' ? composeBlock(discovery) : undefined,
    databaseBlock(discovery),
    redisBlock(discovery),
    apiBlock(discovery),
    prometheusBlock(discovery),
    tail,
  ]
  return `${blocks.filter((text) => text !== undefined).join('\n\n')}\n`
}

function composeBlock({compose}: Discovery): string {
  return block('compose', [
    `files: [${compose.files.map(scalar).join(', ')}]`,
    compose.project === undefined ? undefined : `project: ${scalar(compose.project)}`,
    '# profiles: [production]',
  ])
}

function databaseBlock({runtime, database}: Discovery): string {
  const {service, name, user, host, port, urlVariable, passwordVariable} = database
  if (urlVariable !== undefined) {
    return block('database', [`url: {env: ${urlVariable}}`, '# programs: /usr/lib/postgresql/17/bin   # folder of pg_dump and pg_restore'])
  }
  return block('database', [
    pair('service', runtime === 'compose' ? service : undefined),
    pair('name', name) ?? '# name: shop   # otherwise the container is asked',
    pair('user', user),
    pair('host', host),
    port === undefined ? undefined : `port: ${port}`,
    passwordVariable === undefined ? '# password: {file: secrets/database}' : `password: {env: ${passwordVariable}}`,
  ])
}

function redisBlock({redis}: Discovery): string {
  if (redis.urlVariable !== undefined) return block('redis', [`url: {env: ${redis.urlVariable}}`])
  if (redis.service !== undefined) return block('redis', [pair('service', redis.service), '# password: {file: secrets/redis}'])
  return '# redis:\n#   url: redis://localhost:6379'
}

function apiBlock({api}: Discovery): string {
  const endpoints = '# endpoints: [/health, /health/database, /health/redis]'
  if (api.service === undefined && api.url === undefined) return '# api:\n#   url: http://localhost:8000'
  return block('api', [pair('service', api.service), pair('url', api.url) ?? '# url: http://localhost:8000', endpoints])
}

function prometheusBlock({prometheus}: Discovery): string {
  return prometheus.url === undefined ? '# prometheus:\n#   url: http://localhost:9090' : block('prometheus', [pair('url', prometheus.url)])
}

const tail = `# backup:
#   directory: /var/backups/sparkone
#   maxAge: 26h   # health warns when the newest proven backup is older

# health:
#   timeout: 5s   # of each probe
#   thresholds:
#     disk: {warning: 80, critical: 90}
#     memory: {warning: 85, critical: 95}

# What is different elsewhere; sparkone health --env staging uses it.
# environments:
#   staging:
#     backup: {maxAge: 50h}`

function summaryOf({runtime, project, origin, database}: Discovery): string[] {
  const where = runtime === 'compose' ? `service ${database.service ?? 'postgres'}` : 'reached by its URL'
  return [`project ${project}, runtime ${runtime} (from ${origin})`, `database ${database.name ?? '(the container tells)'}, ${where}`]
}

function block(name: string, lines: readonly (string | undefined)[]): string {
  return [`${name}:`, ...lines.filter((line) => line !== undefined).map((line) => `  ${line}`)].join('\n')
}

function pair(key: string, value: string | undefined): string | undefined {
  return value === undefined ? undefined : `${key}: ${scalar(value)}`
}

/** A JSON string is a YAML string too, so anything unusual is written as one. */
function scalar(value: string): string {
  const isPlain = /^[A-Za-z_./][A-Za-z0-9_./-]*(?::\/\/[A-Za-z0-9_./:-]*[A-Za-z0-9_/])?$/.test(value)
  return isPlain && !/^(?:true|false|null|yes|no|on|off|\.inf|\.nan)$/i.test(value) ? value : JSON.stringify(value)
}
