import {readFileSync, statSync} from 'node:fs'
import path from 'node:path'
import {describe, expect, test} from 'vitest'
import {discover} from '../../../src/lib/config/discover.ts'
import {loadConfig} from '../../../src/lib/config/load.ts'
import {writeConfiguration} from '../../../src/lib/config/write.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {planInit} from '../../../src/lib/procedures/init.ts'
import {compose, folderWith, rejection} from '../../support/folder.ts'

const home = {HOME: '/nonexistent'}

const initialised = async (cwd: string, environment: Record<string, string> = {}) => {
  const {file, text, replaces} = planInit(await discover({cwd, environment: {...home, ...environment}}), true)
  await writeConfiguration(file, text, replaces)
  return text
}

describe('what init writes', () => {
  test('loads without a mistake and means the same as what was found out', async () => {
    const folder = folderWith({'ops/docker-compose.prod.yml': compose})
    const before = await loadConfig({flags: {}, cwd: folder, environment: home})
    await initialised(folder)
    const after = await loadConfig({flags: {}, cwd: folder, environment: home})
    expect(after.config).toEqual(before.config)
    expect(after.file).toBe(path.join(folder, 'sparkone.yml'))
  })

  test('pins the names that backups depend on', async () => {
    const folder = folderWith({'compose.yaml': `name: store\n${compose}`})
    await initialised(folder)
    const {sources} = await loadConfig({flags: {}, cwd: folder, environment: home})
    const pinned = ['project', 'runtime', 'compose.files', 'database.service', 'database.name', 'database.user', 'redis.service', 'api.url']
    expect(pinned.filter((key) => sources.get(key)?.kind !== 'file')).toEqual([])
  })

  test('stays valid when every line that is commented out is put to use', async () => {
    const folder = folderWith({'compose.yaml': compose})
    const text = await initialised(folder)
    const [head, ...settings] = text.split(/(?<=version: 1\n)/)
    const used = settings
      .join('')
      .replace(/^( *)# (?=[a-z]+:|  )/gim, '$1')
      .replace(/\{file: secrets\/\w+\}/g, '{env: SECRET}')
    const other = folderWith({'compose.yaml': compose, 'sparkone.yml': head + used})
    const {config} = await loadConfig({flags: {env: 'staging'}, cwd: other, environment: {...home, SECRET: 'x'}})
    expect(config.backup).toMatchObject({directory: '/var/backups/sparkone', maxAge: 50 * 3_600_000})
    expect(config.compose.profiles).toEqual(['production'])
    expect(config.database.password?.reveal()).toBe('x')
  })

  test('refers to DATABASE_URL and REDIS_URL by name and never holds what they say', async () => {
    const folder = folderWith()
    const environment = {DATABASE_URL: 'postgres://shop:letmein@db.example/shop', REDIS_URL: 'redis://:letmein@cache.example'}
    const text = await initialised(folder, environment)
    expect(text).toContain('url: {env: DATABASE_URL}')
    expect(text).not.toContain('letmein')
    const {config} = await loadConfig({flags: {}, cwd: folder, environment: {...home, ...environment}})
    expect(config).toMatchObject({runtime: 'host', database: {name: 'shop'}})
    expect(config.redis?.url?.reveal()).toBe(environment.REDIS_URL)
  })

  test('survives names that YAML would read as something else', async () => {
    const text = 'services: {"no": {image: postgres, environment: {POSTGRES_USER: "1234", POSTGRES_DB: "Kunden & Co: \\"ä\\" #1"}}}\n'
    const folder = folderWith({'compose.yaml': text})
    await initialised(folder)
    const {config} = await loadConfig({flags: {}, cwd: folder, environment: home})
    expect(config.database).toMatchObject({service: 'no', user: '1234', name: 'Kunden & Co: "ä" #1'})
  })

  test('may be read by others and changed by nobody else', async () => {
    const folder = folderWith({'compose.yaml': compose})
    await initialised(folder)
    expect(statSync(path.join(folder, 'sparkone.yml')).mode & 0o777).toBe(0o644)
  })
})

describe('what init refuses', () => {
  test('it leaves an existing file alone, and keeps the old one when told to replace it', async () => {
    const folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'version: 1\nproject: mine\n'})
    const discovery = await discover({cwd: folder, environment: home})
    expect(() => planInit(discovery, false)).toThrow(
      expect.objectContaining({kind: 'refused', hint: expect.stringContaining('--force') as string}),
    )
    await initialised(folder)
    expect(readFileSync(path.join(folder, 'sparkone.yml.bak'), 'utf8')).toContain('project: mine')
    expect(readFileSync(path.join(folder, 'sparkone.yml'), 'utf8')).not.toContain('project: mine')
  })

  test('a file that appeared meanwhile is not overwritten', async () => {
    const folder = folderWith({'sparkone.yml': 'version: 1\n'})
    const error = await rejection(writeConfiguration(path.join(folder, 'sparkone.yml'), 'new', false), OperatorError)
    expect(error.kind).toBe('refused')
    expect(readFileSync(path.join(folder, 'sparkone.yml'), 'utf8')).toBe('version: 1\n')
  })

  test('without a stack it says where to run it', async () => {
    const error = await rejection(discover({cwd: folderWith(), environment: home}), OperatorError)
    expect(error).toMatchObject({kind: 'usage', hint: expect.stringContaining('in the folder of the Compose file') as string})
  })

  test('two databases are a question it cannot answer itself', async () => {
    const folder = folderWith({'compose.yaml': 'services: {one: {image: postgres}, two: {image: postgres}}\n'})
    expect((await rejection(discover({cwd: folder, environment: home}), OperatorError)).message).toContain('DB_SERVICE')
    expect((await discover({cwd: folder, environment: {...home, DB_SERVICE: 'two'}})).database.service).toBe('two')
  })
})
