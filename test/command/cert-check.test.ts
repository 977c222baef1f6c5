import {describe, expect, test} from 'vitest'
import CertCheck from '../../src/commands/cert-check.ts'
import {readDocument} from '../support/documents.ts'
import {certificateWith, chainWith} from '../support/fakes/certificates.ts'
import {FakeClock} from '../support/fakes/clock.ts'
import {FakePorts} from '../support/fakes/ports.ts'
import {runCommand, settingsWith} from '../support/command.ts'
import {folderWith} from '../support/folder.ts'
import {sparkone} from '../support/sparkone.ts'
import {Authorities} from '../support/tls/authority.ts'
import {serveTls} from '../support/tls/servers.ts'

/** A shop whose certificate is in order, and one beside it that is late. */
function shop(): FakePorts {
  const ports = Object.assign(new FakePorts(), {clock: new FakeClock()}) as FakePorts
  ports.tls.chains.set('shop.example', chainWith())
  ports.tls.chains.set(
    'late.example',
    chainWith({dnsNames: ['late.example'], notBefore: new Date('2026-09-20'), notAfter: new Date('2026-12-19')}),
  )
  for (const name of ['shop.example', 'late.example']) ports.tls.names.set(name, ['192.0.2.1'])
  return ports
}

const check = (argv: readonly string[], {ports = shop(), certificates = {}}: {ports?: FakePorts; certificates?: object} = {}) =>
  runCommand(CertCheck, 'cert-check', argv, () => ports, settingsWith({certificates}))

test('a certificate in order ends with 0, one that is late with 1, one of a stranger with 2', async () => {
  const strange = shop()
  strange.tls.chains.set('shop.example', chainWith({issuer: 'CN=shop.example'}, 'DEPTH_ZERO_SELF_SIGNED_CERT'))
  const [good, late, bad] = [
    await check(['shop.example']),
    await check(['shop.example', 'late.example']),
    await check(['shop.example'], {ports: strange}),
  ]
  expect([good.code, late.code, bad.code]).toEqual([0, 1, 2])
  expect(good.stdout).toContain('1 place looked at: everything is in order')
  expect(late.stdout).toMatch(/^WARNING +late\.example/)
  expect(good.stderr + late.stderr + bad.stderr).toBe('')
})

test('no answer, a place that is none, and nothing to look at end with 3', async () => {
  const gone = shop()
  gone.tls.chains.clear()
  expect((await check(['shop.example'], {ports: gone})).code).toBe(3)
  for (const argv of [['http://shop.example'], []]) {
    const {code, stderr} = await check(argv)
    expect([code, stderr]).toEqual([3, expect.stringContaining('Next:')])
  }
})

test('the document tells of each certificate and each finding', async () => {
  const document = readDocument((await check(['shop.example', 'late.example', '--json'])).stdout, 'cert-check')
  expect(document).toMatchObject({exitCode: 1, status: 'warning'})
  expect(document.certificates).toMatchObject([
    {target: 'shop.example', protocol: 'https', port: 443, names: ['shop.example'], trusted: true, fingerprint: 'a1'},
    {target: 'late.example'},
  ])
  expect(document.findings).toHaveLength(2)
})

test('Nagios gets the limits as ranges that ring below, and Prometheus the seconds that are left', async () => {
  const nagios = await check(['shop.example', '--output', 'nagios'])
  expect(nagios.stdout.split('\n')[0]).toBe("SPARKONE OK: cert-check: 1 subject ok | 'shop.example expires in'=6911999s;2419200:;864000:")
  const prometheus = await check(['shop.example', '--output', 'prometheus'])
  expect(prometheus.stdout).toContain('sparkone_cert_check_expires_in_seconds{subject="shop.example"} 6911999')
})

describe('what is looked at', () => {
  test('is what the configuration names, with its store and its routers', async () => {
    const ports = shop()
    ports.tls.stored = {
      path: '/srv/acme.json',
      mode: 0o600,
      resolvers: ['letsencrypt'],
      certificates: [
        {
          resolver: 'letsencrypt',
          names: ['shop.example', 'old.example'],
          certificate: certificateWith({dnsNames: ['shop.example', 'old.example']}),
        },
      ],
    }
    ports.tls.routed = {hosts: ['shop.example'], patterns: [], unread: [], durations: {}}
    const certificates = {hosts: ['shop.example'], acme: '/srv/acme.json', traefik: ['/srv/traefik']}
    const {code, stdout} = await check(['--json'], {ports, certificates})
    expect(code).toBe(2)
    const {findings} = readDocument(stdout, 'cert-check') as unknown as {findings: {subject: string; status: string}[]}
    expect(findings.map(({subject, status}) => `${status} ${subject}`)).toEqual([
      'ok shop.example',
      'critical old.example address',
      'ok acme.json',
      'warning acme.json old.example',
    ])
  })

  test('is looked at with the headers when told so', async () => {
    const {code, stdout} = await check(['shop.example', '--headers'])
    expect([code, stdout]).toEqual([3, expect.stringContaining('no headers were seen')])
  })
})

test('a host that is typed needs no configuration, and flags stand for its settings', async () => {
  await using authorities = await Authorities.open()
  await authorities.root('root')
  await using server = await serveTls(await authorities.issue('leaf', 'root', {names: 'DNS:shop.example,IP:127.0.0.1'}))
  const cwd = folderWith({'acme.json': '{}'})
  const run = (...words: string[]) => sparkone(['cert-check', '--ca', authorities.at('root.crt'), ...words], {cwd})
  const [good, wrong] = await Promise.all([
    run(`127.0.0.1:${server.port}`),
    run(`x.invalid:${server.port}`, '--connect', '127.0.0.1', '--acme', 'acme.json', '--timeout', '4s', '--json'),
  ])
  expect([good.code, good.stderr]).toEqual([0, ''])
  const document = readDocument(wrong.stdout, 'cert-check')
  expect(document).toMatchObject({
    exitCode: 2,
    findings: [{status: 'ok'}, {subject: `x.invalid:${server.port} name`}, {status: expect.stringMatching(/critical|unknown/)}],
  })
})
