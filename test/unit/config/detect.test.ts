import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {loadConfig} from '../../../src/lib/config/load.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {compose, folderWith, rejection} from '../../support/folder.ts'

const load = (cwd: string, environment: Record<string, string> = {}) =>
  loadConfig({flags: {}, cwd, environment: {HOME: '/nonexistent', ...environment}})

const services = (text: string) => folderWith({'docker-compose.yml': `services:\n${text}`})

const withDatabase = (value: string) => ({
  'compose.yaml': `services: {postgres: {image: postgres, environment: {POSTGRES_USER: u, POSTGRES_DB: "${value}"}}}\n`,
})

describe('the runtime', () => {
  test('a Compose file means compose', async () => {
    const {config, sources, file} = await load(folderWith({'docker-compose.yml': compose}))
    expect(config.runtime).toBe('compose')
    expect(config.database).toMatchObject({service: 'postgres', name: 'shop_main', user: 'shop'})
    expect(config.api).toMatchObject({service: 'api', url: 'http://127.0.0.1:8000'})
    expect(config.redis).toMatchObject({service: 'redis'})
    expect(sources.get('database.name')).toEqual({kind: 'detected', from: 'docker-compose.yml'})
    expect(file).toBeNull()
  })

  test('DATABASE_URL means host, and its parts are told', async () => {
    const {config} = await load(folderWith(), {DATABASE_URL: 'postgresql://shop:p%40ss@db.example:6432/shop%20main?sslmode=require'})
    expect(config.runtime).toBe('host')
    expect(config.database).toMatchObject({name: 'shop main', user: 'shop', host: 'db.example', port: 6432})
    expect(config.redis).toBeUndefined()
  })

  test('a Compose file that runs PostgreSQL wins over the DATABASE_URL of the environment', async () => {
    const environment = {DATABASE_URL: 'postgres://shop@db.example/shop'}
    expect((await load(folderWith({'docker-compose.yml': compose}), environment)).config.runtime).toBe('compose')
    expect((await load(services('  api: {image: shop/api}\n'), environment)).config.runtime).toBe('host')
  })

  test('SPARKONE_RUNTIME chooses, whatever else is there or written', async () => {
    const written = 'version: 1\nruntime: compose\ncompose: {files: [docker-compose.yml]}\n'
    const folder = folderWith({'docker-compose.yml': compose, 'sparkone.yml': written})
    const environment = {DATABASE_URL: 'postgres://shop@db.example/shop', SPARKONE_RUNTIME: 'host'}
    const {config} = await load(folder, environment)
    expect([config.runtime, config.database.host]).toEqual(['host', 'db.example'])
    const {message} = await rejection(load(folder, {SPARKONE_RUNTIME: 'hosts'}), OperatorError)
    expect(message).toContain("runtime: expected one of compose, host, embedded, got 'hosts' (environment variable SPARKONE_RUNTIME)")
  })

  test('a database URL in sparkone.yml wins over a Compose file beside it', async () => {
    const folder = folderWith({
      'docker-compose.yml': compose,
      'sparkone.yml': 'version: 1\ndatabase: {url: "postgres://shop@db.example/shop"}\n',
    })
    expect((await load(folder)).config.runtime).toBe('host')
  })

  test('a DATABASE_URL that is none of PostgreSQL is an error that does not repeat it', async () => {
    const error = await rejection(load(folderWith(), {DATABASE_URL: 'mysql://shop:letmein@db.example/shop'}), OperatorError)
    expect(error.message).toContain(
      'database.url: expected a URL such as postgres://user@localhost/shop (environment variable DATABASE_URL)',
    )
    expect(error.message).not.toContain('letmein')
  })
})

describe('Compose files', () => {
  test.each([
    'compose.yaml',
    'compose.yml',
    'docker-compose.yml',
    'docker-compose.yaml',
    'docker-compose.prod.yml',
    'ops/docker-compose.prod.yml',
  ])('%s is found', async (name) => {
    const folder = folderWith({[name]: compose})
    expect((await load(folder)).config.compose.files).toEqual([path.join(folder, name)])
  })

  test('they are found from a folder below, as Compose finds them', async () => {
    const folder = folderWith({'compose.yaml': compose, 'src/keep': ''})
    expect((await load(path.join(folder, 'src'))).config.compose.files).toEqual([path.join(folder, 'compose.yaml')])
  })

  test('the override that Compose merges by itself is merged', async () => {
    const override = 'services: {postgres: {environment: [POSTGRES_DB=other]}}\n'
    const folder = folderWith({'compose.yaml': compose, 'compose.override.yml': override})
    const {config} = await load(folder)
    expect(config.compose.files).toHaveLength(2)
    expect(config.database).toMatchObject({name: 'other', user: 'shop'})
  })

  test('COMPOSE_FILE names several, relative to the working folder', async () => {
    const folder = folderWith({'a.yml': compose, 'b.yml': 'services: {}\n'})
    const {config, sources} = await load(folder, {COMPOSE_FILE: 'a.yml:b.yml'})
    expect(config.compose.files).toEqual([path.join(folder, 'a.yml'), path.join(folder, 'b.yml')])
    expect(sources.get('compose.files')).toEqual({kind: 'variable', name: 'COMPOSE_FILE'})
  })

  test('one that is absent or broken is named', async () => {
    const absent = await rejection(load(folderWith(), {COMPOSE_FILE: 'absent.yml'}), OperatorError)
    expect(absent.message).toMatch(/absent\.yml cannot be read: there is no such file/)
    const broken = await rejection(load(folderWith({'compose.yaml': 'services: {'})), OperatorError)
    expect(broken).toMatchObject({kind: 'usage'})
  })

  test('COMPOSE_FILE and the project name of an .env file beside it hold, as in Compose', async () => {
    const folder = folderWith({'stack.yml': compose, '.env': 'COMPOSE_FILE=stack.yml\nCOMPOSE_PROJECT_NAME=store\n'})
    expect((await load(folder)).config).toMatchObject({
      project: 'store',
      compose: {files: [path.join(folder, 'stack.yml')], project: 'store'},
    })
  })
})

describe('the project', () => {
  test('it is the name in the Compose file', async () => {
    expect((await load(folderWith({'compose.yaml': `name: store\n${compose}`}))).config).toMatchObject({
      project: 'store',
      compose: {project: 'store'},
    })
  })

  test('otherwise it is the name of the folder as Compose spells it', async () => {
    const folder = folderWith({'My Shop.v2/compose.yaml': compose})
    expect((await load(path.join(folder, 'My Shop.v2'))).config.compose.project).toBe('myshopv2')
  })

  test('COMPOSE_PROJECT_NAME wins over both', async () => {
    const {config} = await load(folderWith({'compose.yaml': `name: store\n${compose}`}), {COMPOSE_PROJECT_NAME: 'other'})
    expect(config).toMatchObject({project: 'other', compose: {project: 'other'}})
  })
})

describe('the database service', () => {
  test.each([
    ['timescale/timescaledb:2.14-pg16', 'store'],
    ['postgis/postgis', 'store'],
    ['registry.example:5000/team/postgres:17@sha256:abc', 'store'],
    ['bitnami/postgresql:16', 'store'],
  ])('%s is recognised by its image', async (image, name) => {
    expect((await load(services(`  ${name}: {image: "${image}"}\n`))).config.database.service).toBe(name)
  })

  test('a service that is built is recognised by its name', async () => {
    expect((await load(services('  db: {build: .}\n'))).config.database.service).toBe('db')
  })

  test('exporters, poolers and backup jobs are not taken for the database', async () => {
    const text = `  postgres-exporter: {image: prometheuscommunity/postgres-exporter}
  daily-backup: {image: postgres:17}
  pgbouncer: {image: edoburu/pgbouncer}
  rest: {image: postgrest/postgrest}
  main: {image: postgres:17}
`
    expect((await load(services(text))).config.database.service).toBe('main')
  })

  test('two of them are a question for the operator, which DB_SERVICE answers', async () => {
    const folder = services('  first: {image: postgres}\n  second: {image: postgres, environment: {POSTGRES_USER: two}}\n')
    const error = await rejection(load(folder), OperatorError)
    expect(error.message).toContain('several services look like PostgreSQL: first, second')
    expect((await load(folder, {DB_SERVICE: 'second'})).config.database).toMatchObject({service: 'second', user: 'two', name: 'two'})
  })

  test('none of them is an error that names the key', async () => {
    expect((await rejection(load(services('  api: {image: shop/api}\n')), OperatorError)).message).toContain('database.service: no service')
  })
})

describe('variables in Compose files', () => {
  test('they come from the environment, then from the .env file, then from their default', async () => {
    const folder = folderWith({...withDatabase('${NAME:-fallback}'), '.env': ''})
    expect((await load(folder)).config.database.name).toBe('fallback')
    const named = folderWith({...withDatabase('${NAME:-fallback}'), '.env': 'NAME=dotenv\n'})
    expect((await load(named)).config.database.name).toBe('dotenv')
    expect((await load(named, {NAME: 'outer'})).config.database.name).toBe('outer')
  })

  test('one that is not set leaves the name open for the container to tell', async () => {
    const folder = folderWith({'compose.yaml': 'services: {postgres: {image: postgres, environment: {POSTGRES_DB: "${NAME}"}}}\n'})
    expect((await load(folder)).config.database.name).toBeUndefined()
  })

  test('env_file is read', async () => {
    const folder = folderWith({
      'compose.yaml': 'services: {postgres: {image: postgres, env_file: db.env}}\n',
      'db.env': 'POSTGRES_DB=filed\n',
    })
    expect((await load(folder)).config.database.name).toBe('filed')
  })

  test('values that look like numbers stay text', async () => {
    const folder = folderWith({'compose.yaml': 'services: {postgres: {image: postgres, environment: {POSTGRES_DB: 2024}}}\n'})
    expect((await load(folder)).config.database.name).toBe('2024')
  })
})

describe('the address of the API', () => {
  test.each([
    ['"8000:80"', 'http://127.0.0.1:8000'],
    ['"0.0.0.0:8000:80/tcp"', 'http://127.0.0.1:8000'],
    ['"127.0.0.1:${PORT:-9000}:80"', 'http://127.0.0.1:9000'],
    ['{published: 8000, target: 80}', 'http://127.0.0.1:8000'],
    ['"80"', undefined],
    ['"8000-8010:80-90"', undefined],
  ])('port %s gives %s', async (port, address) => {
    const folder = services(`  postgres: {image: postgres}\n  shop-api: {image: shop, ports: [${port}]}\n`)
    expect((await load(folder)).config.api).toMatchObject({service: 'shop-api'})
    expect((await load(folder)).config.api.url).toBe(address)
  })
})
