import {describe, expect, test} from 'vitest'
import {
  type CertificateStore,
  durationFor,
  judgeCopy,
  judgeStore,
  type ProxyRoutes,
  storedHosts,
} from '../../../src/lib/domain/certificate-store.ts'
import {certificateWith} from '../../support/fakes/certificates.ts'

const day = 86_400_000
const now = new Date('2026-11-22T10:00:00Z')

const storeWith = (certificates: CertificateStore['certificates'], mode = 0o600): CertificateStore => ({
  path: '/srv/acme.json',
  mode,
  resolvers: [...new Set(['letsencrypt', ...certificates.map(({resolver}) => resolver)])],
  certificates,
})

const stored = (more: Parameters<typeof certificateWith>[0] = {}, names = ['shop.example'], resolver = 'letsencrypt') => ({
  resolver,
  names,
  certificate: certificateWith(more),
})

const routesWith = (more: Partial<ProxyRoutes> = {}): ProxyRoutes => ({
  hosts: ['shop.example'],
  patterns: [],
  unread: [],
  durations: {},
  ...more,
})

const judge = (store: CertificateStore, routes: ProxyRoutes | null = routesWith(), served = new Set<string>()) =>
  judgeStore(store, routes, {now, renewBefore: null, served})

test('a store in order has one line', () => {
  expect(judge(storeWith([stored()]))).toEqual([{subject: 'acme.json', status: 'ok', message: '/srv/acme.json is for its owner alone'}])
})

test.each([0o644, 0o640, 0o400, 0o660])('a store with the mode %o is critical, since Traefik leaves it alone', (mode) => {
  expect(judge(storeWith([], mode))[0]).toMatchObject({status: 'critical', hint: 'chmod 600 /srv/acme.json'})
})

test('a name without a router is told of, of each resolver', () => {
  const store = storeWith([stored({}, ['shop.example', 'old.example']), stored({}, ['gone.example'], 'dns')])
  const orphans = judge(store).filter(({message}) => message.includes('no router'))
  expect(orphans.map(({subject}) => subject)).toEqual(['acme.json old.example', 'acme.json gone.example'])
})

test('a name is no orphan when a pattern, a wildcard or a list of domains is there for it', () => {
  const store = storeWith([
    stored({dnsNames: ['a.shop.example']}, ['a.shop.example']),
    stored({dnsNames: ['*.wild.example']}, ['*.wild.example']),
  ])
  const routes = routesWith({hosts: ['b.wild.example'], patterns: ['^[a-z]+\\.shop\\.example$']})
  expect(judge(store, routes)).toHaveLength(1)
})

test('where not every router is known, no name is called an orphan', () => {
  const findings = judge(
    storeWith([stored({}, ['shop.example', 'old.example'])]),
    routesWith({unread: ['x.toml is TOML, and only YAML is read']}),
  )
  expect(findings.filter(({message}) => message.includes('no router'))).toEqual([])
  expect(findings).toContainEqual(expect.objectContaining({subject: 'acme.json routers', status: 'unknown'}))
  expect(judge(storeWith([stored({}, ['old.example'])]), null).filter(({message}) => message.includes('no router'))).toEqual([])
})

test('a stored certificate that is late, for other names, or damaged is told of though nobody serves it', () => {
  const late = stored({notAfter: new Date(now.getTime() + 5 * day), notBefore: new Date(now.getTime() - 85 * day)})
  expect(judge(storeWith([late]))).toContainEqual(expect.objectContaining({subject: 'acme.json shop.example', status: 'critical'}))
  expect(judge(storeWith([late]), routesWith(), new Set(['a1']))).toHaveLength(1)
  const other = stored({dnsNames: ['else.example']})
  expect(judge(storeWith([other]))).toContainEqual(expect.objectContaining({message: 'the stored certificate is not for shop.example'}))
  const damaged = {resolver: 'letsencrypt', names: ['shop.example'], certificate: null}
  expect(judge(storeWith([damaged]))).toContainEqual(expect.objectContaining({subject: 'acme.json shop.example', status: 'critical'}))
})

describe('certificatesDuration', () => {
  const ofDays = (days: number) => stored({notBefore: new Date(now.getTime() - day), notAfter: new Date(now.getTime() + (days - 1) * day)})

  test.each([
    [90, null, false],
    [64, null, true],
    [45, 45, false],
    [45, 90, true],
    [6, 90, true],
  ])('certificates of %d days with %s days written (null: none, so 90) are renewed too often: %s', (days, written, expected) => {
    const durations = {letsencrypt: written === null ? null : written * day}
    const findings = judge(storeWith([ofDays(days)]), routesWith({durations}))
    expect(findings.some(({subject}) => subject === 'acme.json letsencrypt')).toBe(expected)
  })

  test('the warning says what to write', () => {
    const findings = judge(storeWith([ofDays(45)]), routesWith({durations: {letsencrypt: null}}))
    expect(findings).toContainEqual(expect.objectContaining({hint: 'set certificatesDuration: 1080 (hours)'}))
  })

  test('is known for a served certificate by the resolver that got it', () => {
    const store = storeWith([stored({fingerprint: 'aa'}), stored({fingerprint: 'bb'}, ['x.example'], 'short')])
    const routes = routesWith({durations: {letsencrypt: null, short: 160 * 3_600_000}})
    expect([durationFor(store, routes, 'aa'), durationFor(store, routes, 'bb')]).toEqual([90 * day, 160 * 3_600_000])
    expect([durationFor(store, routes, 'cc'), durationFor(store, null, 'aa'), durationFor(null, routes, 'aa')]).toEqual([null, null, null])
  })
})

describe('what is served against what is stored', () => {
  const site = {label: 'shop.example', host: 'shop.example'}
  const old = certificateWith({fingerprint: 'old', notAfter: new Date('2026-12-20T10:00:00Z')})

  test('the same certificate needs no word, and neither does a name that is not stored', () => {
    expect(judgeCopy(storeWith([stored()]), site, certificateWith())).toEqual([])
    expect(judgeCopy(storeWith([stored()]), {label: 'x.example', host: 'x.example'}, old)).toEqual([])
  })

  test('an older one, as after a renewal that the proxy did not take over, is a warning to restart it', () => {
    for (const store of [storeWith([stored()]), storeWith([stored(), stored({...old})])]) {
      expect(judgeCopy(store, site, old)).toEqual([expect.objectContaining({status: 'warning', hint: 'docker compose restart traefik'})])
    }
  })

  test('one that the store knows nothing of is a warning of another kind', () => {
    const foreign = certificateWith({fingerprint: 'foreign', notAfter: new Date('2028-01-01T00:00:00Z')})
    expect(judgeCopy(storeWith([stored()]), site, foreign)[0]).toMatchObject({
      message: 'is not the certificate that /srv/acme.json has for shop.example',
    })
  })

  test('a wildcard in the store is held against each name that it covers', () => {
    const wild = storeWith([stored({dnsNames: ['*.shop.example'], fingerprint: 'wild'}, ['*.shop.example'])])
    expect(judgeCopy(wild, {label: 'a.shop.example', host: 'a.shop.example'}, old)).toHaveLength(1)
  })
})

test('every name in the store can be asked for, each once, and of a wildcard those that have a router', () => {
  const store = storeWith([stored({}, ['a.example', '*.a.example']), stored({}, ['a.example', 'b.example'], 'dns')])
  expect(storedHosts(store, null)).toEqual(['a.example', 'b.example'])
  const routes = routesWith({hosts: ['x.a.example', 'x.y.a.example', '*.a.example', 'other.example']})
  expect(storedHosts(store, routes)).toEqual(['a.example', 'b.example', 'x.a.example'])
})
