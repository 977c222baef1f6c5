import {describe, expect, test} from 'vitest'
import {certificatesInputOf} from '../../../src/lib/config/certificates-input.ts'
import {Secret} from '../../../src/lib/config/secret.ts'
import {settingsSchema, type Config} from '../../../src/lib/config/schema.ts'
import {targetLabel} from '../../../src/lib/domain/certificate-target.ts'

const none = {hosts: [], timeoutMilliseconds: null, withHeaders: false}

const secret = (url: string) => new Secret(url, 'a test')

function configWith(more: object, urls: {database?: object; redis?: object} = {}): Config {
  const parsed = settingsSchema.parse({project: 'shop', environment: 'production', runtime: 'host', ...more}) as unknown as Config
  return {...parsed, database: {...parsed.database, ...urls.database}, ...(urls.redis && {redis: {sentinels: [], ...urls.redis}})} as Config
}

const targetsOf = (config: Config, hosts: readonly string[] = []) =>
  certificatesInputOf(config, {...none, hosts}).targets.map((target) => `${targetLabel(target)} ${target.ca ?? '-'}`)

describe('what is looked at', () => {
  const stack = {
    database: {
      url: secret('postgresql://shop:hunter2@db.example:6432/shop?sslmode=verify-full&sslrootcert=/etc/db.pem'),
      host: 'db.example',
      port: 6432,
    },
    redis: {url: secret('rediss://:hunter2@cache.example'), ca: '/etc/cache.pem'},
  }

  test('is what speaks TLS by its URL, with the authority that is named for it', () => {
    const config = configWith({api: {url: 'https://shop.example/api'}, certificates: {ca: '/etc/own.pem'}}, stack)
    expect(targetsOf(config)).toEqual([
      'shop.example /etc/own.pem',
      'postgresql://db.example:6432 /etc/db.pem',
      'rediss://cache.example /etc/cache.pem',
    ])
  })

  test('is what the configuration names instead, and what is typed before that', () => {
    const config = configWith({api: {url: 'https://shop.example'}, certificates: {hosts: ['a.example', 'rediss://b.example']}}, stack)
    expect(targetsOf(config)).toEqual(['a.example -', 'rediss://b.example -'])
    expect(targetsOf(config, ['c.example:8443'])).toEqual(['c.example:8443 -'])
    expect([certificatesInputOf(config, none).isNamed, certificatesInputOf(config, {...none, hosts: ['c']}).isNamed]).toEqual([false, true])
  })

  test.each([
    ['without a word on TLS', 'postgresql://db.example/shop', 'db.example', []],
    ['that takes what is offered', 'postgresql://db.example/shop?sslmode=prefer', 'db.example', []],
    ['on a socket', 'postgresql:///shop?sslmode=require&host=/run', '/run', []],
    ['of several servers', 'postgresql://one:5433,two/shop?sslmode=require', undefined, ['postgresql://one:5433 -', 'postgresql://two -']],
    ['with an IPv6 address', 'postgresql://[2001:db8::1]/shop?sslmode=require', '2001:db8::1', ['postgresql://[2001:db8::1] -']],
    [
      'whose authorities are public',
      'postgresql://db.example/shop?sslmode=verify-full&sslrootcert=system',
      'db.example',
      ['postgresql://db.example -'],
    ],
  ])('of a database %s is right', (_, url, host, expected) => {
    expect(targetsOf(configWith({}, {database: {url: secret(url), host}}))).toEqual(expected)
  })

  test('is no Redis in plain text or behind Sentinels, and no API in plain text', () => {
    const config = configWith({api: {url: 'http://shop.example'}}, {redis: {url: secret('redis://cache.example')}})
    const watched = configWith({}, {redis: {url: secret('rediss://cache.example'), sentinels: ['s1:26379']}})
    expect([targetsOf(config), targetsOf(watched)]).toEqual([[], []])
  })
})

test('the limit is that of the flag, then that of the configuration', () => {
  const config = configWith({certificates: {timeout: '7s', renewBefore: '30d'}})
  expect(certificatesInputOf(config, none)).toMatchObject({timeoutMilliseconds: 7000, renewBefore: 30 * 86_400_000})
  expect(certificatesInputOf(config, {...none, timeoutMilliseconds: 100}).timeoutMilliseconds).toBe(100)
})

test.each([
  [{hosts: ['http://shop.example']}, 'expected a host such as shop.example'],
  [{hosts: ['*.shop.example']}, 'expected a host such as shop.example'],
  [{addresses: ['shop.example']}, 'expected an IP address'],
  [{connect: 'localhost'}, 'expected an IP address'],
])('a configuration such as %o is refused', (certificates, message) => {
  const {error} = settingsSchema.safeParse({certificates})
  expect(error?.issues[0]?.message).toContain(message)
})
