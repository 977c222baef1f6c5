import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, it} from 'vitest'
import {readConfig} from '../../../ops/api/config.ts'

const DATABASE_URL = 'postgresql://app:hunter2@localhost/app'

it('a database is all that must be given', () => {
  expect(readConfig({DATABASE_URL})).toMatchObject({DATABASE_URL, HOST: '127.0.0.1', PORT: 8000})
})

it('an empty variable counts as absent', () => {
  expect(readConfig({DATABASE_URL, REDIS_URL: '', PORT: ''})).toMatchObject({PORT: 8000})
  expect(() => readConfig({DATABASE_URL: ''})).toThrow('DATABASE_URL is missing')
})

it('all wrong variables are named at once, and no value is shown', () => {
  const read = () => readConfig({DATABASE_URL: 'mysql://app:hunter2@localhost/app', REDIS_URL: 'http://localhost', PORT: 'eighty'})
  expect(read).toThrow(/DATABASE_URL.*REDIS_URL.*PORT/)
  expect(read).not.toThrow(/hunter2|eighty/)
})

it('a secret can stand in a file, and a password apart from its address', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'))
  try {
    const file = join(folder, 'password')
    writeFileSync(file, 'p@ss/word\n')
    const config = readConfig({
      DATABASE_URL: 'postgresql://app@db/app',
      DATABASE_PASSWORD_FILE: file,
      REDIS_URL: 'redis://cache',
      REDIS_PASSWORD: 'x y',
    })
    expect(config.DATABASE_URL).toBe('postgresql://app:p%40ss%2Fword@db/app')
    expect(config.REDIS_URL).toBe('redis://:x%20y@cache')
    writeFileSync(file, '\n')
    expect(readConfig({DATABASE_URL, NOTION_TOKEN_FILE: file}).NOTION_TOKEN).toBeUndefined()
  } finally {
    rmSync(folder, {recursive: true})
  }
  expect(() => readConfig({DATABASE_URL, REDIS_PASSWORD_FILE: '/no/such/file'})).toThrow(
    'REDIS_PASSWORD_FILE names a file that cannot be read',
  )
})

it('lists are separated by commas, and switches are true or false', () => {
  const config = readConfig({
    DATABASE_URL,
    CORS_ORIGINS: 'https://a.example.com, https://b.example.com,',
    PROFILER_ENABLED: 'true',
    REQUIRE_LOGIN: '0',
  })
  expect(config).toMatchObject({
    CORS_ORIGINS: ['https://a.example.com', 'https://b.example.com'],
    PROFILER_ENABLED: true,
    REQUIRE_LOGIN: false,
  })
  expect(() => readConfig({DATABASE_URL, REQUIRE_LOGIN: 'maybe'})).toThrow('REQUIRE_LOGIN')
})

it.each([
  ['require', '?sslmode=require', '?sslmode=require&uselibpqcompat=true'],
  ['the public authorities by name', '?sslmode=verify-full&sslrootcert=system', '?sslmode=verify-full&uselibpqcompat=true'],
  ['nothing about TLS', '', ''],
])('an address that says %s means to the API what it means to psql', (_, said, meant) => {
  expect(readConfig({DATABASE_URL: DATABASE_URL + said}).DATABASE_URL).toBe(DATABASE_URL + meant)
})

it.each([
  ['?sslmode=prefer', 'DATABASE_URL has an sslmode other than'],
  ['?sslmode=verify-ca', 'DATABASE_URL needs sslrootcert'],
  ['?sslmode=verify-full&sslrootcert=/no/such/file', 'DATABASE_URL names an sslrootcert that cannot be read'],
])('an address that ends in %s is refused before anything connects', (said, reason) => {
  expect(() => readConfig({DATABASE_URL: DATABASE_URL + said})).toThrow(reason)
})

it('Sentinels are addresses, and need the URL that says how to log in', () => {
  const REDIS_SENTINELS = 'one:26379, [::1]:26380,three'
  expect(readConfig({DATABASE_URL, REDIS_URL: 'redis://cache', REDIS_SENTINELS}).REDIS_SENTINELS).toHaveLength(3)
  expect(() => readConfig({DATABASE_URL, REDIS_SENTINELS})).toThrow('REDIS_URL is missing')
  const read = () => readConfig({DATABASE_URL, REDIS_URL: 'redis://cache', REDIS_SENTINELS: 'redis://one:26379'})
  expect(read).toThrow('REDIS_SENTINELS must be host:port')
  expect(() => readConfig({DATABASE_URL, REDIS_CA: '/etc/ssl/ca.crt'})).toThrow('REDIS_CA must be certificates in PEM')
})
