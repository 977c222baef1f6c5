import {chmodSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {inspect} from 'node:util'
import {describe, expect, test} from 'vitest'
import {loadConfig, type ConfigurationFlags} from '../../../src/lib/config/load.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {compose, folderWith, rejection} from '../../support/folder.ts'

interface Given {
  flags?: ConfigurationFlags
  environment?: Record<string, string>
}

const load = (cwd: string, {flags = {}, environment = {}}: Given = {}) =>
  loadConfig({flags, cwd, environment: {HOME: '/nonexistent', ...environment}})

const failure = (cwd: string, given?: Given) => rejection(load(cwd, given), OperatorError)

describe('where a value comes from', () => {
  const files = {'docker-compose.yml': compose, 'sparkone.yml': 'version: 1\ndatabase:\n  name: from_file\nhealth:\n  timeout: 7s\n'}

  test('a flag wins over the environment, the environment over the file, the file over the default', async () => {
    const folder = folderWith(files)
    const byFile = await load(folder)
    expect(byFile.config.database.name).toBe('from_file')
    expect(byFile.sources.get('database.name')).toEqual({kind: 'file', file: 'sparkone.yml', line: 3, column: 9})
    const byVariable = await load(folder, {environment: {DB_NAME: 'from_variable'}})
    expect(byVariable.config.database.name).toBe('from_variable')
    expect(byVariable.sources.get('database.name')).toEqual({kind: 'variable', name: 'DB_NAME'})
    const byFlag = await load(folder, {environment: {DB_NAME: 'from_variable'}, flags: {'database.name': 'from_flag'}})
    expect(byFlag.config.database.name).toBe('from_flag')
    expect(byFlag.sources.get('database.name')).toEqual({kind: 'flag', flag: '--database'})
    expect(byFlag.sources.get('backup.maxAge')).toEqual({kind: 'default'})
  })

  test('an empty environment variable counts as not set', async () => {
    expect((await load(folderWith(files), {environment: {DB_NAME: ''}})).config.database.name).toBe('from_file')
  })

  test('durations become milliseconds', async () => {
    const {config} = await load(folderWith(files))
    expect(config.health.timeout).toBe(7000)
    expect(config.backup.maxAge).toBe(26 * 3_600_000)
  })

  test('what the configuration holds cannot be changed afterwards', async () => {
    const {config} = await load(folderWith(files))
    expect(() => Object.assign(config.health, {timeout: 1})).toThrow(TypeError)
  })

  test('a port in the environment is read as a number', async () => {
    const environment = {DATABASE_URL: 'postgres://u@db.example/shop', DB_PORT: '6543'}
    expect((await load(folderWith(), {environment})).config.database.port).toBe(6543)
    expect((await failure(folderWith(), {environment: {...environment, DB_PORT: 'abc'}})).message).toContain(
      "database.port: expected a port between 1 and 65535, got 'abc' (environment variable DB_PORT)",
    )
  })
})

describe('environments', () => {
  const text = `version: 1
backup: {maxAge: 26h}
environments:
  staging:
    backup: {maxAge: 50h}
    project: shop-staging
`
  const files = {'compose.yaml': compose, 'sparkone.yml': text}

  test('production is the default, and an overlay holds only in its own environment', async () => {
    const folder = folderWith(files)
    const production = await load(folder)
    expect(production.config).toMatchObject({environment: 'production', backup: {maxAge: 26 * 3_600_000}})
    const staging = await load(folder, {flags: {env: 'staging'}})
    expect(staging.config).toMatchObject({environment: 'staging', project: 'shop-staging', backup: {maxAge: 50 * 3_600_000}})
    expect(staging.sources.get('backup.maxAge')).toMatchObject({kind: 'file', line: 5})
  })

  test('SPARKONE_ENV chooses it, and --env wins over SPARKONE_ENV', async () => {
    const folder = folderWith(files)
    expect((await load(folder, {environment: {SPARKONE_ENV: 'staging'}})).config.project).toBe('shop-staging')
    expect((await load(folder, {environment: {SPARKONE_ENV: 'staging'}, flags: {env: 'development'}})).config.environment).toBe(
      'development',
    )
  })

  test('an environment that does not exist is named with those that do', async () => {
    expect((await failure(folderWith(files), {flags: {env: 'prod'}})).message).toContain(
      "environment: expected one of production, staging, development, got 'prod' (flag --env)",
    )
  })

  test('a mistake in an overlay is reported even when another environment is chosen', async () => {
    const folder = folderWith({...files, 'sparkone.yml': 'version: 1\nenvironments: {staging: {backup: {maxage: 3h}}}\n'})
    expect((await failure(folder)).message).toContain(
      'environments.staging.backup.maxage: unknown key, did you mean maxAge? (sparkone.yml:2:35)',
    )
  })
})

describe('mistakes', () => {
  test('all problems are reported at once in the order of the file, each with its place and what is allowed', async () => {
    const folder = folderWith({
      'compose.yaml': compose,
      'sparkone.yml': `version: 1
health:
  timeout: abc
  timeot: 3s
runtime: docker
database:
  password: hunter2
  port: 0
backup:
  allowEmpty: maybe
api:
  endpoints: [health]
`,
    })
    const error = await failure(folder, {environment: {SPARKONE_ENV: 'nowhere'}})
    expect(error.kind).toBe('usage')
    expect(error.details).toEqual([
      "health.timeout: expected a duration such as 5s, 10m or 26h, got 'abc' (sparkone.yml:3:12)",
      'health.timeot: unknown key, did you mean timeout? (sparkone.yml:4:3)',
      "runtime: expected one of compose, host, embedded, got 'docker' (sparkone.yml:5:10)",
      'database.password: expected a reference such as {env: NAME} or {file: path}, since a secret does not belong in this file (sparkone.yml:7:13)',
      'database.port: expected a port between 1 and 65535, got 0 (sparkone.yml:8:9)',
      "backup.allowEmpty: expected true or false, got 'maybe' (sparkone.yml:10:15)",
      "api.endpoints[0]: expected a path such as /health, got 'health' (sparkone.yml:12:15)",
      "environment: expected one of production, staging, development, got 'nowhere' (environment variable SPARKONE_ENV)",
    ])
  })

  test('a key that resembles none is answered with those that are known there', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\nprometheus: {retention: 5}\n'})
    expect((await failure(folder)).message).toContain('prometheus.retention: unknown key, known here: url (sparkone.yml:2:14)')
  })

  test('broken YAML and a key written twice are reported with line and column', async () => {
    const broken = folderWith({'sparkone.yml': 'version: 1\nhealth: {timeout: 5s\n'})
    expect((await failure(broken)).message).toMatch(/\(sparkone\.yml:\d+:\d+\)/)
    const twice = folderWith({'sparkone.yml': 'version: 1\nversion: 1\n'})
    expect((await failure(twice)).message).toMatch(/unique.*\(sparkone\.yml:2:1\)/i)
  })

  test.each([
    ['a list', '- a\n', 'the file: expected a section of keys, got a list (sparkone.yml:1:1)'],
    ['a word', 'hello\n', "the file: expected a section of keys, got 'hello' (sparkone.yml:1:1)"],
    ['an alias without its anchor', 'version: 1\nproject: *name\n', 'Unresolved alias'],
  ])('a file that is %s is no configuration', async (_, text, message) => {
    const error = await failure(folderWith({'compose.yaml': compose, 'sparkone.yml': text}))
    expect(error).toMatchObject({kind: 'usage'})
    expect(error.message).toContain(message)
  })

  test('a file without version is told to name one', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'project: shop\n'})
    expect((await failure(folder)).message).toContain('version: expected 1, the version of this format, but it is missing')
  })

  test('a section whose keys are all commented out counts as absent', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\nhealth:\n  # timeout: 5s\n'})
    expect((await load(folder)).config.health.timeout).toBe(5000)
  })

  test('a warning limit above the critical one is refused, also when they come from different layers', async () => {
    const text =
      'version: 1\nhealth: {thresholds: {disk: {warning: 95, critical: 97}}}\nenvironments: {production: {health: {thresholds: {disk: {critical: 90}}}}}\n'
    expect((await failure(folderWith({'compose.yaml': compose, 'sparkone.yml': text}))).message).toContain(
      'expected warning to be at most critical',
    )
  })
})

describe('finding the file', () => {
  test('it is found upward from the working folder, and its relative paths start from its own folder', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\nbackup: {directory: sets}\n', 'deep/er/keep': ''})
    const {config, file} = await load(path.join(folder, 'deep/er'))
    expect(file).toBe(path.join(folder, 'sparkone.yml'))
    expect(config.backup.directory).toBe(path.join(folder, 'sets'))
    expect(config.compose.files).toEqual([path.join(folder, 'compose.yaml')])
  })

  test('the file of the user is read when the project has none', async () => {
    const folder = folderWith({'compose.yaml': compose})
    const user = folderWith({'sparkone/sparkone.yml': 'version: 1\nhealth: {timeout: 9s}\n'})
    const {config} = await load(folder, {environment: {XDG_CONFIG_HOME: user}})
    expect(config.health.timeout).toBe(9000)
    expect(config.compose.files).toEqual([path.join(folder, 'compose.yaml')])
  })

  test('--config names another one, and its absence is an error', async () => {
    const folder = folderWith({'compose.yaml': compose, 'other.yml': 'version: 1\nproject: other\n'})
    expect((await load(folder, {flags: {config: 'other.yml'}})).config.project).toBe('other')
    const error = await failure(folder, {flags: {config: 'absent.yml'}})
    expect(error).toMatchObject({kind: 'usage', hint: 'sparkone init writes one.'})
  })

  test('a file that other users may change is refused', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\n'})
    chmodSync(path.join(folder, 'sparkone.yml'), 0o664)
    const error = await failure(folder)
    expect(error.kind).toBe('refused')
    expect(error.hint).toBe(`chmod go-w ${path.join(folder, 'sparkone.yml')}`)
  })

  test('with nothing to work with, init and demo are offered', async () => {
    const error = await failure(folderWith())
    expect(error.kind).toBe('usage')
    expect(error.hint).toMatch(/sparkone init.*sparkone demo/)
  })
})

describe('secrets', () => {
  const text = 'version: 1\nruntime: host\ndatabase: {name: shop, password: {file: db.secret}, url: {env: SHOP_URL}}\n'

  function folderWithSecret(mode: number): string {
    const folder = folderWith({'sparkone.yml': text})
    writeFileSync(path.join(folder, 'db.secret'), 'hunter2\n')
    chmodSync(path.join(folder, 'db.secret'), mode)
    return folder
  }

  const environment = {SHOP_URL: 'postgres://shop:letmein@db.example/shop'}

  test('they are read from files and variables, and revealed only when asked', async () => {
    const {config} = await load(folderWithSecret(0o600), {environment})
    expect(config.database.password?.reveal()).toBe('hunter2')
    expect(config.database.url?.reveal()).toBe(environment.SHOP_URL)
    const shown = `${config.database.password} ${JSON.stringify(config)} ${inspect(config, {depth: 9, showHidden: true})}`
    expect(shown).not.toMatch(/hunter2|letmein/)
    expect(shown).toContain('[redacted]')
  })

  test('a secret file that others can read is an error that names the way out', async () => {
    const folder = folderWithSecret(0o640)
    chmodSync(folder, 0o755)
    const error = await failure(folder, {environment})
    expect(error.message).toMatch(/database\.password: .*db\.secret can be read by other users.*chmod 600/)
  })

  test('in a folder that nobody else may enter, a secret file may have any mode', async () => {
    const {config} = await load(folderWithSecret(0o444), {environment})
    expect(config.database.password?.reveal()).toBe('hunter2')
  })

  test('an absent file, an empty variable and other mistakes come in one report', async () => {
    const folder = folderWith({'sparkone.yml': `${text}helth: {}\n`})
    expect((await failure(folder)).details).toEqual([
      'helth: unknown key, did you mean health? (sparkone.yml:4:1)',
      `database.password: there is no file ${path.join(folder, 'db.secret')} (sparkone.yml:3)`,
      'database.url: environment variable SHOP_URL is not set (sparkone.yml:3)',
    ])
  })

  test('a URL with a password is refused in the file without being repeated, one without is accepted', async () => {
    const base = 'version: 1\nruntime: host\ndatabase: {url: '
    const error = await failure(folderWith({'sparkone.yml': `${base}"postgres://shop:letmein@db.example/shop"}\n`}))
    expect(error.message).toContain('database.url: holds a password')
    expect(error.message).not.toContain('letmein')
    const {config} = await load(folderWith({'sparkone.yml': `${base}"postgres://shop@db.example/shop"}\n`}))
    expect(config.database).toMatchObject({name: 'shop', user: 'shop', host: 'db.example'})
  })

  test('a password in the address of the API is refused without being repeated', async () => {
    const error = await failure(folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\napi: {url: "http://a:letmein@b/"}\n'}))
    expect(error.message).toContain('api.url: expected a URL without a password')
    expect(error.message).not.toContain('letmein')
  })
})
