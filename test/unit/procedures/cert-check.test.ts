import {describe, expect, test} from 'vitest'
import type {CertificateStore} from '../../../src/lib/domain/certificate-store.ts'
import {parseTarget} from '../../../src/lib/domain/certificate-target.ts'
import type {Finding} from '../../../src/lib/domain/finding.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {certCheck, type CertCheckInput, seenCertificates} from '../../../src/lib/procedures/cert-check.ts'
import {certCheckInput, certificateWith, chainWith} from '../../support/fakes/certificates.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {FakePorts} from '../../support/fakes/ports.ts'

const input = (more: Partial<CertCheckInput> = {}) => certCheckInput({targets: [parseTarget('shop.example')], ...more})

/** Ports whose clock stands still, so that every probe is within its limit. */
const standing = () => Object.assign(new FakePorts(), {clock: new FakeClock()}) as FakePorts

/** A shop whose certificate and name are in order. */
function shop(ports = standing()): FakePorts {
  ports.tls.chains.set('shop.example', chainWith())
  ports.tls.names.set('shop.example', ['192.0.2.1'])
  return ports
}

async function check(ports: FakePorts, more: Partial<CertCheckInput> = {}): Promise<Finding[]> {
  const given = input(more)
  return certCheck.judge(await certCheck.gather(given, ports), given)
}

const subjects = (findings: readonly Finding[]) => findings.map(({subject, status}) => `${status} ${subject}`)

const storeOf = (names: string[], more: Partial<CertificateStore> = {}): CertificateStore => ({
  path: '/srv/acme.json',
  mode: 0o600,
  resolvers: ['letsencrypt'],
  certificates: [{resolver: 'letsencrypt', names, certificate: certificateWith({dnsNames: names})}],
  ...more,
})

test('a place in order has one finding, and is told of by its certificate', async () => {
  const facts = await certCheck.gather(input(), shop())
  expect(subjects(certCheck.judge(facts, input()))).toEqual(['ok shop.example'])
  expect(seenCertificates(facts)).toEqual([
    expect.objectContaining({target: 'shop.example', key: 'ECDSA P-256', trusted: true, notAfter: '2027-02-10T09:59:59.000Z', chain: 2}),
  ])
})

test('with nothing to look at there is no verdict', async () => {
  await expect(check(standing(), {targets: []})).rejects.toMatchObject({kind: 'usage', message: 'There is no certificate to look at.'})
})

describe('what does not answer', () => {
  test('a server that never speaks is not known to be well', async () => {
    const ports = shop(new FakePorts())
    ports.tls.chains.set('shop.example', 'silence')
    expect(await check(ports)).toEqual([
      {subject: 'shop.example', status: 'unknown', message: 'no certificate was seen: no answer within 5 s'},
    ])
  })

  test('one that refuses is not known either, and one that speaks no TLS is critical', async () => {
    const ports = shop()
    ports.tls.chains.delete('shop.example')
    expect(subjects(await check(ports))).toEqual(['unknown shop.example'])
    ports.tls.chains.set('shop.example', new OperatorError('incompatible', 'What answers there speaks no TLS.'))
    expect(await check(ports)).toMatchObject([{status: 'critical', message: 'no certificate was seen: What answers there speaks no TLS'}])
  })

  test('a name that leads nowhere is told once', async () => {
    const ports = standing()
    expect(subjects(await check(ports))).toEqual(['critical shop.example address'])
  })

  test('a name that leads nowhere yet is told beside the certificate when another address is asked', async () => {
    const ports = shop()
    ports.tls.names.clear()
    expect(subjects(await check(ports, {connect: '127.0.0.1'}))).toEqual(['ok shop.example', 'critical shop.example address'])
    expect(ports.tls.asked).toEqual([{label: 'shop.example', connect: '127.0.0.1', ca: null}])
  })

  test('others are looked at none the less, sixteen at once at most', async () => {
    const ports = standing()
    const hosts = Array.from({length: 40}, (_, index) => `192.0.2.${index + 1}`)
    for (const host of hosts.slice(1)) ports.tls.chains.set(host, chainWith({addresses: [host]}))
    const findings = await check(ports, {targets: hosts.map((host) => parseTarget(host))})
    expect(findings.filter(({status}) => status === 'ok')).toHaveLength(39)
    expect(findings[0]).toMatchObject({subject: '192.0.2.1', status: 'unknown'})
    expect(ports.tls.most).toBe(16)
  })
})

describe('where names lead', () => {
  test('an address that is not expected is a warning, whichever way it is written', async () => {
    const ports = shop()
    ports.tls.names.set('shop.example', ['192.0.2.1', '2001:db8::1'])
    expect(await check(ports, {addresses: ['192.0.2.1', '2001:DB8:0:0:0:0:0:1']})).toHaveLength(1)
    const findings = await check(ports, {addresses: ['192.0.2.1']})
    expect(findings[1]).toMatchObject({subject: 'shop.example address', status: 'warning', message: expect.stringContaining('2001:db8::1')})
  })
})

test('headers are looked at when asked for, of HTTPS alone', async () => {
  const ports = shop()
  ports.tls.chains.set('postgresql://192.0.2.7', chainWith({addresses: ['192.0.2.7']}))
  const targets = [parseTarget('shop.example'), parseTarget('postgresql://192.0.2.7')]
  expect(subjects(await check(ports, {targets, withHeaders: true}))).toEqual([
    'ok shop.example',
    'unknown shop.example headers',
    'ok postgresql://192.0.2.7',
  ])
  ports.tls.sites.set('shop.example', {'x-frame-options': 'DENY'})
  expect(await check(ports, {withHeaders: true})).toContainEqual(
    expect.objectContaining({subject: 'shop.example headers', status: 'warning'}),
  )
})

test('PostgreSQL with a certificate of its own is a warning, and critical once an authority is named', async () => {
  const ports = standing()
  ports.tls.chains.set('postgresql://192.0.2.7', chainWith({addresses: ['192.0.2.7']}, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'))
  const statusWith = async (ca: string | null) => (await check(ports, {targets: [parseTarget('postgresql://192.0.2.7', ca)]}))[1]?.status
  expect([await statusWith(null), await statusWith('/etc/ca.pem')]).toEqual(['warning', 'critical'])
})

describe('the store of the proxy', () => {
  test('each name in it is asked for, and held against what is served', async () => {
    const ports = shop()
    ports.tls.stored = storeOf(['shop.example', 'www.shop.example', '*.x.example'])
    ports.tls.names.set('www.shop.example', ['192.0.2.1'])
    ports.tls.chains.set(
      'www.shop.example',
      chainWith({dnsNames: ['www.shop.example'], fingerprint: 'old', notAfter: new Date('2027-01-01T00:00:00Z')}),
    )
    const findings = await check(ports, {targets: [], store: '/srv/acme.json'})
    expect(subjects(findings)).toEqual(['ok shop.example', 'ok www.shop.example', 'warning www.shop.example stored', 'ok acme.json'])
  })

  test('what is no name in it hides nothing else', async () => {
    const ports = shop()
    ports.tls.stored = storeOf(['shop.example', 'no name'])
    const findings = await check(ports, {targets: [], store: '/srv/acme.json'})
    expect(subjects(findings)).toEqual(['ok shop.example', 'ok acme.json'])
  })

  test('places that the operator names are held against it, and nothing else of it is told', async () => {
    const ports = shop()
    ports.tls.stored = storeOf(['other.example'], {mode: 0o644})
    expect(subjects(await check(ports, {isNamed: true, store: '/srv/acme.json'}))).toEqual(['ok shop.example'])
  })

  test('one that cannot be read is critical, whoever is asked', async () => {
    const ports = shop()
    for (const isNamed of [true, false]) {
      const findings = await check(ports, {isNamed, store: '/srv/acme.json'})
      expect(findings[1]).toMatchObject({
        subject: 'acme.json',
        status: 'critical',
        message: expect.stringContaining('There is no /srv/acme.json'),
      })
    }
  })

  test('routers that cannot be read leave orphans unknown', async () => {
    const ports = shop()
    ports.tls.stored = storeOf(['shop.example'])
    const findings = await check(ports, {store: '/srv/acme.json', routes: ['/srv/traefik']})
    expect(subjects(findings)).toContain('unknown acme.json routers')
  })

  test('Traefik that is told of 90 days makes one of 64 days late with 27 days left', async () => {
    const ports = shop()
    const late = {notBefore: new Date('2026-10-16T10:00:00Z'), notAfter: new Date('2026-12-19T10:00:00Z')}
    ports.tls.chains.set('shop.example', chainWith(late))
    expect(subjects(await check(ports))[0]).toBe('ok shop.example')
    ports.tls.stored = storeOf(['shop.example'], {
      certificates: [{resolver: 'letsencrypt', names: ['shop.example'], certificate: certificateWith(late)}],
    })
    ports.tls.routed = {hosts: ['shop.example'], patterns: [], unread: [], durations: {letsencrypt: null}}
    const findings = await check(ports, {store: '/srv/acme.json', routes: ['/srv/traefik']})
    expect(subjects(findings)).toEqual(['warning shop.example', 'ok acme.json', 'warning acme.json letsencrypt'])
  })
})

describe('the log of the proxy', () => {
  const failed = '{"level":"error","message":"Unable to obtain ACME certificate","time":"2026-11-22T09:00:00Z"}'

  test('is searched when the configuration names its service, and not for places that are named', async () => {
    const ports = shop()
    const runtime = await ports.runtime()
    Object.assign(ports, {runtime: async () => ({...runtime, logs: async (service: string) => [service, failed]})})
    expect(subjects(await check(ports, {proxy: 'traefik'}))).toEqual(['ok shop.example', 'warning traefik log'])
    expect(subjects(await check(ports, {proxy: 'traefik', isNamed: true}))).toEqual(['ok shop.example'])
  })

  test('that cannot be read is not known to be well', async () => {
    const ports = shop()
    ports.unreachable = new OperatorError('unreachable', 'Docker does not answer.')
    expect((await check(ports, {proxy: 'traefik'}))[1]).toMatchObject({status: 'unknown', message: 'was not read: Docker does not answer'})
  })
})
