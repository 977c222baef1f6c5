import {describe, expect, test} from 'vitest'
import {type CertificateExpectation, judgeCertificate, type ServedChain} from '../../../src/lib/domain/certificate.ts'
import {certificateWith, chainWith} from '../../support/fakes/certificates.ts'

const expectation: CertificateExpectation = {
  label: 'shop.example',
  host: 'shop.example',
  now: new Date('2026-11-22T10:00:00Z'),
  lenient: false,
  duration: null,
  renewBefore: null,
}

const judge = (served: ServedChain, more: Partial<CertificateExpectation> = {}) => judgeCertificate(served, {...expectation, ...more})

test('a certificate in order has one line, with what it is and how long it is good for', () => {
  expect(judge(chainWith())).toEqual([
    {
      subject: 'shop.example',
      status: 'ok',
      message: 'good for 79d 23h, until 2027-02-10 09:59 UTC; trusted, ECDSA P-256, SHA-256, TLSv1.3',
      measurements: [{label: 'expires in', value: 6_911_999, unit: 's', warning: 28 * 86_400, critical: 10 * 86_400, below: true}],
    },
  ])
})

describe('dates', () => {
  test('an expired certificate is critical, and says since when', () => {
    const [finding, ...others] = judge(chainWith({notAfter: new Date('2026-11-20T10:00:00Z')}, 'CERT_HAS_EXPIRED'))
    expect(finding).toMatchObject({status: 'critical', message: 'expired 2d ago, on 2026-11-20 10:00 UTC'})
    expect(others).toEqual([])
  })

  test('one that is not valid yet is critical', () => {
    const [finding, ...others] = judge(chainWith({notBefore: new Date('2026-11-22T11:00:00Z')}, 'CERT_NOT_YET_VALID'))
    expect(finding).toMatchObject({status: 'critical', message: 'is not valid before 2026-11-22T11:00:00.000Z'})
    expect(others).toEqual([])
  })

  test('an expired certificate of the authority is named, while an old one that nobody needs does no harm', () => {
    const old = certificateWith({subject: 'CN=Old root', issuer: 'CN=Old root', notAfter: new Date('2025-01-01T00:00:00Z')})
    const chain = (distrust: string | null): ServedChain => ({...chainWith({}, distrust), chain: [certificateWith(), old]})
    expect(judge(chain('CERT_HAS_EXPIRED'))).toContainEqual(
      expect.objectContaining({subject: 'shop.example chain', status: 'critical', message: expect.stringContaining('CN=Old root')}),
    )
    expect(judge(chain(null))).toMatchObject([{status: 'ok'}])
  })
})

describe('trust', () => {
  const alone = (more: object, distrust: string): ServedChain => ({...chainWith({}, distrust), chain: [certificateWith(more)]})
  const root = certificateWith({subject: 'CN=Root', issuer: 'CN=Root'})

  test.each([
    ['signed by itself', alone({issuer: 'CN=shop.example'}, 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'is signed by itself'],
    ['of an incomplete chain', alone({}, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'the certificate of its issuer is not sent: CN=Authority 1'],
    ['of an unknown authority', chainWith({}, 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'), 'ends at an authority that is not trusted: CN=Root'],
    [
      'of an unknown root that is sent',
      {...chainWith({}, 'SELF_SIGNED_CERT_IN_CHAIN'), chain: [certificateWith(), root]} satisfies ServedChain,
      'its authority is not trusted: CN=Root',
    ],
    ['with a forged signature', chainWith({}, 'CERT_SIGNATURE_FAILURE'), 'its chain is not trusted: cert signature failure'],
  ])('a certificate %s is critical', (_, served, message) => {
    const findings = judge(served)
    expect(findings).toHaveLength(2)
    expect(findings[1]).toMatchObject({subject: 'shop.example chain', status: 'critical', message: expect.stringContaining(message)})
  })

  test('where clients do not ask who answers, an unknown authority is a warning', () => {
    const findings = judge(alone({issuer: 'CN=shop.example'}, 'DEPTH_ZERO_SELF_SIGNED_CERT'), {lenient: true, host: 'db'})
    expect(findings.map(({status}) => status)).toEqual(['ok', 'warning', 'warning'])
  })
})

describe('names', () => {
  const verdict = (names: object, host: string) => judge(chainWith(names), {host}).length === 1

  test.each([
    ['a.shop.example', true],
    ['A.Shop.Example.', true],
    ['a.b.shop.example', false],
    ['shop.example', false],
    ['ashop.example', false],
    ['other.example', false],
  ])('a wildcard stands for one label: %s is %s', (host, expected) => {
    expect(verdict({dnsNames: ['*.shop.example']}, host)).toBe(expected)
  })

  test('a wildcard for a whole top-level domain is for nobody', () => {
    expect(verdict({dnsNames: ['*.example']}, 'shop.example')).toBe(false)
  })

  test.each([
    [{addresses: ['192.0.2.1']}, '192.0.2.1', true],
    [{dnsNames: ['192.0.2.1']}, '192.0.2.1', false],
    [{addresses: ['192.0.2.1']}, '192.0.2.10', false],
    [{addresses: ['2001:db8::1']}, '2001:DB8:0:0:0:0:0:1', true],
    [{addresses: ['2001:db8::1']}, '[2001:db8::1]', true],
    [{dnsNames: ['*.0.2.1']}, '192.0.2.1', false],
  ])('an address must be named as one: %o for %s is %s', (names, host, expected) => {
    expect(verdict({dnsNames: [], addresses: [], ...names}, host)).toBe(expected)
  })

  test('a name with umlauts is the one that certificates write in ASCII', () => {
    expect(verdict({dnsNames: ['xn--bcher-kva.example']}, 'Bücher.example')).toBe(true)
  })

  test('the common name counts for nothing, and the names that there are are told', () => {
    const findings = judge(chainWith({dnsNames: ['a.example', 'b.example', 'c.example', 'd.example', 'e.example']}))
    expect(findings[1]).toMatchObject({
      subject: 'shop.example name',
      status: 'critical',
      message: 'is not for shop.example but for a.example, b.example, c.example, d.example and 1 more',
    })
    expect(judge(chainWith({dnsNames: []}))[1]).toMatchObject({message: expect.stringContaining('no name at all (CN=shop.example)')})
  })
})

describe('strength', () => {
  test.each([
    [{type: 'rsa', bits: 1024, curve: null}, 'critical'],
    [{type: 'rsa', bits: 2047, curve: null}, 'critical'],
    [{type: 'dsa', bits: 3072, curve: null}, 'critical'],
    [{type: 'ec', bits: null, curve: 'secp256k1'}, 'warning'],
    [{type: 'ec', bits: null, curve: 'secp224r1'}, 'warning'],
  ])('a key such as %o is weak: %s', (key, status) => {
    expect(judge(chainWith({key}))[1]).toMatchObject({subject: 'shop.example key', status})
  })

  test.each([
    {type: 'rsa', bits: 2048, curve: null},
    {type: 'rsa-pss', bits: 3072, curve: null},
    {type: 'ec', bits: null, curve: 'secp384r1'},
    {type: 'ed25519', bits: null, curve: null},
  ])('a key such as %o is good', (key) => {
    expect(judge(chainWith({key}))).toHaveLength(1)
  })

  test.each([
    ['1.2.840.113549.1.1.5', 'SHA-1'],
    ['1.2.840.10045.4.1', 'SHA-1'],
    ['1.2.840.113549.1.1.4', 'MD5'],
  ])('a signature by %s (%s) is critical, of the server and of an authority on the way', (signature, hash) => {
    const served = chainWith()
    const between = {
      ...served,
      chain: [served.chain[0], certificateWith({subject: 'CN=Authority 1', issuer: 'CN=Root', signature})],
    } as ServedChain
    for (const one of [chainWith({signature}), between]) {
      expect(judge(one)[1]).toMatchObject({subject: 'shop.example signature', status: 'critical', message: expect.stringContaining(hash)})
    }
  })

  test('nobody relies on the signature that a root puts under itself', () => {
    const root = certificateWith({subject: 'CN=Root', issuer: 'CN=Root', signature: '1.2.840.113549.1.1.5'})
    expect(judge({...chainWith(), chain: [certificateWith(), root]})).toHaveLength(1)
  })

  test('a server that speaks TLS 1.1 at most is a warning', () => {
    expect(judge({...chainWith(), version: 'TLSv1.1'})[1]).toMatchObject({subject: 'shop.example protocol', status: 'warning'})
  })
})
