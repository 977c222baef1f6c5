import {writeFile} from 'node:fs/promises'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {systemClock} from '../../src/lib/adapters/clock.ts'
import {createCertificates} from '../../src/lib/adapters/tls/certificates.ts'
import {parseTarget} from '../../src/lib/domain/certificate-target.ts'
import type {Finding} from '../../src/lib/domain/finding.ts'
import {certCheck, type CertCheckInput} from '../../src/lib/procedures/cert-check.ts'
import {certCheckInput} from '../support/fakes/certificates.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {FakePorts} from '../support/fakes/ports.ts'
import {acmeJson} from '../support/tls/acme.ts'
import {Authorities, type Issued} from '../support/tls/authority.ts'
import {type RunningServer, serveHttps, servePostgres, serveRaw, serveTls} from '../support/tls/servers.ts'

const day = 86_400_000

let authorities: Authorities
let between: Issued
let good: Issued
let stranger: Issued
const servers: RunningServer[] = []

/** A chain as it should be sent. */
const whole = ({certificate, key}: Issued): Issued => ({certificate: certificate + between.certificate, key})

beforeAll(async () => {
  authorities = await Authorities.open()
  await authorities.root('root')
  stranger = await authorities.root('stranger')
  between = await authorities.issue('between', 'root', {isAuthority: true})
  good = await authorities.issue('good', 'between', {names: 'DNS:shop.example,DNS:*.shop.example,IP:127.0.0.1,IP:2001:db8::1'})
}, 30_000)

afterAll(async () => {
  for (const server of servers) await server[Symbol.asyncDispose]()
  await authorities[Symbol.asyncDispose]()
})

async function started(server: Promise<RunningServer>): Promise<number> {
  const running = await server
  servers.push(running)
  return running.port
}

/** Findings on one place; names lead to this machine. */
async function check(text: string | null, more: Partial<CertCheckInput> = {}, now?: Date): Promise<Finding[]> {
  const targets = text === null ? [] : [parseTarget(text, authorities.at('root.crt'))]
  const input = certCheckInput({targets, isNamed: true, connect: '127.0.0.1', ...more})
  const clock = now === undefined ? systemClock : Object.assign(new FakeClock(now))
  const ports = Object.assign(new FakePorts(), {clock, certificates: async () => createCertificates(null, {})}) as FakePorts
  const findings = certCheck.judge(await certCheck.gather(input, ports), input)
  // Where names lead is for other tests: these names are nobody's.
  return findings.filter(({subject}) => !subject.endsWith(' address'))
}

const statuses = (findings: readonly Finding[]) => findings.map(({subject, status}) => `${status} ${subject.replace(/:\d+/, '')}`)

test('a certificate in order is ok by name, by wildcard and by address, and says what it is', async () => {
  const port = await started(serveTls(whole(good)))
  for (const host of ['shop.example', 'a.shop.example', '127.0.0.1']) {
    expect(await check(`${host}:${port}`)).toMatchObject([
      {status: 'ok', message: expect.stringContaining('trusted, ECDSA P-256, SHA-256, TLSv1.3')},
    ])
  }
  expect(statuses(await check(`a.b.shop.example:${port}`))).toEqual(['ok a.b.shop.example', 'critical a.b.shop.example name'])
  expect(statuses(await check(`other.example:${port}`))).toEqual(['ok other.example', 'critical other.example name'])
})

describe('what is wrong is found, and nothing else', () => {
  const onRsa = (bits: number) => ['rsa', '-pkeyopt', `rsa_keygen_bits:${bits}`]

  test.each([
    ['expired', {from: -90, until: -1}, ['critical shop.example']],
    ['not valid yet', {from: 1, until: 90}, ['critical shop.example']],
    ['late', {from: -63, until: 27}, ['warning shop.example']],
    ['for an address by the name of a host', {names: 'DNS:127.0.0.1'}, ['ok shop.example', 'critical shop.example name']],
    ['with a weak key', {key: onRsa(1024)}, ['ok shop.example', 'critical shop.example key']],
    ['on a curve that TLS does not know', {key: ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1']}, ['critical shop.example']],
    ['signed with SHA-1', {digest: 'sha1'}, ['ok shop.example', 'critical shop.example signature']],
  ] as const)('a certificate %s', async (name, options, expected) => {
    const port = await started(serveTls(whole(await authorities.issue(name.replaceAll(' ', '-'), 'between', options))))
    expect(statuses(await check(`shop.example:${port}`))).toEqual(expected)
  })

  test('signed with MD5, by an authority with an RSA key', async () => {
    await authorities.issue('rsa-root', 'root', {isAuthority: true, key: onRsa(2048)})
    const signer = await authorities.issue('rsa-between', 'rsa-root', {isAuthority: true, key: onRsa(2048)})
    const top = await authorities.issue('md5', 'rsa-between', {digest: 'md5'})
    const chain = {certificate: top.certificate + signer.certificate, key: top.key}
    const port = await started(serveTls(chain))
    expect(await check(`shop.example:${port}`)).toContainEqual(
      expect.objectContaining({status: 'critical', message: 'CN=md5 is signed with MD5, which can be forged'}),
    )
  })

  test('signed by itself, by an unknown root, and without the certificate between', async () => {
    const own = await authorities.root('own', 'DNS:shop.example')
    const foreign = await authorities.issue('foreign', 'stranger')
    const messages = []
    for (const chain of [own, foreign, good]) {
      const [life, trust, ...others] = await check(`shop.example:${await started(serveTls(chain))}`)
      expect([life?.status, trust?.status, others]).toEqual(['ok', 'critical', []])
      messages.push(trust?.message)
    }
    expect(messages).toEqual([
      'is signed by itself, so anybody could have made it',
      'the certificate of its issuer is not sent: CN=stranger',
      'the certificate of its issuer is not sent: CN=between',
    ])
  })

  test('an unknown root that is sent along', async () => {
    const foreign = await authorities.issue('foreign-whole', 'stranger')
    const chain = {certificate: foreign.certificate + stranger.certificate, key: foreign.key}
    expect(await check(`shop.example:${await started(serveTls(chain))}`)).toContainEqual(
      expect.objectContaining({subject: expect.stringMatching(/chain$/), message: 'its authority is not trusted: CN=stranger'}),
    )
  })

  test('a server that knows old TLS alone', async () => {
    const port = await started(serveTls(whole(good), {maxVersion: 'TLSv1.1'}))
    expect(statuses(await check(`shop.example:${port}`))).toEqual(['ok shop.example', 'warning shop.example protocol'])
  })
})

describe('the whole life of a certificate, as it is served', () => {
  test.each([
    [90, 29, 27],
    [64, 10, 8.5],
    [45, 10, 8.5],
    [6, 1.9, 1.5],
  ])('of %d days rings no alarm with %d days left, when it is renewed, and one with %d left', async (days, healthy, stuck) => {
    const issued = await authorities.issue(`life-${days}`, 'between', {from: 0, until: days})
    const port = await started(serveTls(whole(issued)))
    const end = Date.now() + days * day
    const at = async (left: number) => (await check(`shop.example:${port}`, {}, new Date(end - left * day)))[0]?.status
    expect([await at(days - 0.1), await at(healthy), await at(stuck), await at(0.1)]).toEqual(['ok', 'ok', 'warning', 'critical'])
  })
})

describe('other protocols', () => {
  test('PostgreSQL is asked for TLS first', async () => {
    const port = await started(servePostgres(whole(good), 'S'))
    expect(statuses(await check(`postgresql://shop.example:${port}`))).toEqual(['ok postgresql://shop.example'])
  })

  test.each([
    ['N', 'PostgreSQL has TLS switched off'],
    ['E', 'What answers there is not PostgreSQL'],
  ] as const)('one that answers %s is critical: %s', async (letter, message) => {
    const port = await started(servePostgres(good, letter))
    expect(await check(`postgresql://shop.example:${port}`)).toMatchObject([
      {status: 'critical', message: `no certificate was seen: ${message}`},
    ])
  })

  test('Redis over TLS is looked at as it is', async () => {
    const port = await started(serveTls(whole(good)))
    expect(statuses(await check(`rediss://shop.example:${port}`))).toEqual(['ok rediss://shop.example'])
  })
})

describe('what is no server of certificates', () => {
  const limited = async (text: string) => {
    const begun = performance.now()
    const findings = await check(text, {timeoutMilliseconds: 300})
    return {findings, milliseconds: performance.now() - begun}
  }

  test.each([
    ['https', 'shop.example'],
    ['postgresql', 'postgresql://shop.example'],
    ['rediss', 'rediss://shop.example'],
  ])('a server that accepts and never speaks costs its limit and no more (%s)', async (_, place) => {
    const port = await started(serveRaw())
    const {findings, milliseconds} = await limited(`${place}:${port}`)
    expect(findings).toMatchObject([{status: 'unknown', message: 'no certificate was seen: no answer within 300 ms'}])
    expect(milliseconds).toBeLessThan(1500)
  })

  test('plain text on the port of TLS is critical', async () => {
    const port = await started(serveRaw((socket) => void socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')))
    expect(await check(`shop.example:${port}`)).toMatchObject([
      {status: 'critical', message: 'no certificate was seen: What answers there speaks no TLS'},
    ])
  })

  test('a connection that is ended at once, and a port where nobody listens, are not known to be well', async () => {
    const port = await started(serveRaw((socket) => void socket.destroy()))
    const gone = await serveRaw()
    await gone[Symbol.asyncDispose]()
    for (const each of [port, gone.port]) expect(statuses(await check(`shop.example:${each}`))).toEqual(['unknown shop.example'])
  })

  test('many that never speak cost the limit once', async () => {
    const port = await started(serveRaw())
    const targets = Array.from({length: 16}, (_, index) => parseTarget(`s${index}.example:${port}`))
    const begun = performance.now()
    expect(await check(null, {targets, timeoutMilliseconds: 300})).toHaveLength(16)
    expect(performance.now() - begun).toBeLessThan(2000)
  })

  test('a run that is interrupted ends at once', async () => {
    const port = await started(serveRaw())
    const ports = Object.assign(new FakePorts(), {clock: systemClock, certificates: async () => createCertificates(null, {})}) as FakePorts
    const input = {
      targets: [parseTarget(`127.0.0.1:${port}`)],
      timeoutMilliseconds: 60_000,
      store: null,
      routes: [],
      proxy: null,
      connect: null,
    } as never
    const run = certCheck.gather(input, ports)
    ports.abort.abort()
    await expect(run).rejects.toMatchObject({kind: 'interrupted'})
  })
})

describe('acme.json against what is served', () => {
  async function verdictOf(stored: Issued, served: Issued) {
    const port = await started(serveTls(whole(served)))
    const text = acmeJson({letsencrypt: [{names: ['shop.example'], certificate: whole(stored).certificate}]})
    await writeFile(authorities.at('acme.json'), text, {mode: 0o600})
    const targets = [parseTarget(`shop.example:${port}`, authorities.at('root.crt'))]
    return statuses(await check(null, {targets, store: authorities.at('acme.json')}))
  }

  test('the same certificate is in order', async () => {
    expect(await verdictOf(good, good)).toEqual(['ok shop.example'])
  })

  test('a renewed one that the proxy has not taken over is told of, and so is one that is not in it', async () => {
    const [before, after] = [
      await authorities.issue('before', 'between', {until: 40}),
      await authorities.issue('after', 'between', {until: 80}),
    ]
    expect(await verdictOf(after, before)).toEqual(['ok shop.example', 'warning shop.example stored'])
    expect(await verdictOf(before, after)).toEqual(['ok shop.example', 'warning shop.example stored'])
  })
})

test('the headers of a site are seen whatever it answers and whoever signed it', async () => {
  const headers = {'X-Frame-Options': 'DENY', 'X-Content-Type-Options': 'nosniff', 'Strict-Transport-Security': 'max-age=31536000'}
  const complete = await started(serveHttps(whole(good), headers))
  expect(statuses(await check(`shop.example:${complete}`, {withHeaders: true}))).toEqual(['ok shop.example', 'ok shop.example headers'])
  const bare = await started(serveHttps(good, {}))
  expect(statuses(await check(`shop.example:${bare}`, {withHeaders: true}))).toEqual([
    'ok shop.example',
    'critical shop.example chain',
    'warning shop.example headers',
  ])
})

test('an authority that cannot be read is told of', async () => {
  const target = {...parseTarget('127.0.0.1:1'), ca: '/nowhere/ca.pem'}
  expect(await check(null, {targets: [target]})).toMatchObject([
    {status: 'critical', message: 'no certificate was seen: The certificates in /nowhere/ca.pem cannot be read'},
  ])
})

test('localhost has an address, and a name under .invalid has none', async () => {
  const certificates = createCertificates(null, {})
  expect(await certificates.addresses('localhost')).toEqual(expect.arrayContaining([expect.stringMatching(/^(?:127\.0\.0\.1|::1)$/)]))
  await expect(certificates.addresses('shop.invalid')).rejects.toMatchObject({kind: expect.stringMatching(/^(?:notFound|unreachable)$/)})
})
