import {chmodSync, writeFileSync} from 'node:fs'
import path from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {createCertificates} from '../../src/lib/adapters/tls/certificates.ts'
import {folderWith} from '../support/folder.ts'
import {acmeJson} from '../support/tls/acme.ts'
import {Authorities} from '../support/tls/authority.ts'

const certificates = createCertificates(null, {SHOP: 'shop.example'})

describe('acme.json', () => {
  let authorities: Authorities

  beforeAll(async () => {
    authorities = await Authorities.open()
    await authorities.root('root')
  })

  afterAll(() => authorities[Symbol.asyncDispose]())

  test('is read of all resolvers, without its keys', async () => {
    const {certificate} = await authorities.issue('leaf', 'root', {names: 'DNS:shop.example,DNS:www.shop.example,IP:2001:db8::1'})
    const text = acmeJson({
      letsencrypt: [{names: ['shop.example', 'WWW.shop.example'], certificate}],
      dns: [{names: ['*.shop.example'], certificate: 'none'}],
    })
    const file = path.join(folderWith({'acme.json': text}), 'acme.json')
    chmodSync(file, 0o640)
    const store = await certificates.store(file)
    expect(store).toMatchObject({
      path: file,
      mode: 0o640,
      resolvers: ['letsencrypt', 'dns'],
      certificates: [
        {
          resolver: 'letsencrypt',
          names: ['shop.example', 'www.shop.example'],
          certificate: {
            subject: 'CN=leaf',
            issuer: 'CN=root',
            dnsNames: ['shop.example', 'www.shop.example'],
            addresses: ['2001:db8::1'],
            key: {type: 'ec', curve: 'prime256v1'},
            signature: '1.2.840.10045.4.3.2',
          },
        },
        {resolver: 'dns', names: ['*.shop.example'], certificate: null},
      ],
    })
    expect(JSON.stringify(store)).not.toMatch(/c2VjcmV0|secret/)
  })

  test.each([
    ['', 0],
    ['{}', 0],
    ['{"letsencrypt": {"Account": null, "Certificates": null}}', 1],
  ])('that has nothing in it yet is no fault: %j', async (text, resolvers) => {
    const store = await certificates.store(path.join(folderWith({'acme.json': text}), 'acme.json'))
    expect([store.resolvers.length, store.certificates]).toEqual([resolvers, []])
  })

  test.each(['{"letsencrypt": ', '[]', '{"letsencrypt": 7}', '{"letsencrypt": {"Certificates": {"key": "c2VjcmV0"}}}'])(
    'that is damaged is told of without a word of it: %j',
    async (text) => {
      const read = certificates.store(path.join(folderWith({'acme.json': text}), 'acme.json'))
      await expect(read).rejects.toMatchObject({kind: 'corrupt', message: expect.not.stringContaining('c2VjcmV0'), cause: undefined})
    },
  )

  test('that is not there is told of', async () => {
    await expect(certificates.store(path.join(folderWith(), 'acme.json'))).rejects.toMatchObject({kind: 'notFound'})
  })
})

describe('routers', () => {
  const read = (files: Record<string, string>) => certificates.routes([folderWith(files)])

  test('are found in files of Traefik, with what their templates ask for', async () => {
    const routes = await read({
      'traefik.yml':
        'certificatesResolvers:\n  short: {acme: {certificatesDuration: 160}}\n  usual: {acme: {storage: /acme.json}}\n  vpn: {tailscale: {}}\n',
      'dynamic/shop.yml': `http:
  routers:
    shop: {rule: 'Host(\`{{ env "SHOP" }}\`) && (Path(\`/a\`) || PathPrefix(\`/b\`))', tls: {domains: [{main: '*.Wild.example', sans: [wild.example]}]}}
    two: {rule: 'Host(\`a.example\`, \`B.example\`) || HostRegexp(\`^[a-z]+\\.c\\.example$\`)'}
tcp:
  routers:
    db: {rule: 'HostSNI(\`db.example\`)'}
    rest: {rule: 'HostSNI(\`*\`)'}
`,
    })
    expect(routes).toEqual({
      hosts: ['shop.example', '*.wild.example', 'wild.example', 'a.example', 'b.example', 'db.example'],
      patterns: ['^[a-z]+\\.c\\.example$'],
      unread: [],
      durations: {short: 160 * 3_600_000, usual: null},
    })
  })

  test('are found in the labels of Compose, as a map and as a list', async () => {
    const routes = await read({
      'compose.yml': `services:
  a:
    labels: {traefik.http.routers.a.rule: 'Host(\`\${SHOP}\`)', traefik.http.routers.a.tls.certresolver: le}
  b:
    labels: ['traefik.http.routers.b.rule=Host(\`\${UNSET:-b.example}\`)', other=Host(\`no.example\`)]
`,
    })
    expect(routes.hosts).toEqual(['shop.example', 'b.example'])
  })

  test.each([
    ['a.toml', '[http.routers.a]\nrule = "Host(`a.example`)"', 'is TOML'],
    ['a.yml', 'rule: Host(`{{ env "NOT_SET_ANYWHERE" }}`)', 'asks for NOT_SET_ANYWHERE'],
    ['a.yml', '{{ range $i, $e := until 3 }}\na: b\n{{ end }}', 'holds a template'],
    ['a.yml', 'a: [', 'is not valid YAML'],
  ])('that cannot be known are told of (%s: %j)', async (name, text, message) => {
    const {unread, hosts} = await read({[name]: text})
    expect([unread, hosts]).toEqual([[expect.stringContaining(message)], []])
  })

  test('of the shipped files are those of its domain, which the file .env names', async () => {
    const folder = folderWith({'.env': 'SPARKONE_DOMAIN=shop.example\n'})
    const shipped = path.resolve(import.meta.dirname, '../../ops/traefik')
    const routes = await createCertificates(path.join(folder, '.env'), {}).routes([shipped])
    expect([...new Set(routes.hosts)]).toEqual(['shop.example'])
    expect(routes).toMatchObject({unread: [], durations: {letsencrypt: null}})
  })

  test('in a path that is not there are told of', async () => {
    await expect(certificates.routes([path.join(folderWith(), 'gone')])).rejects.toMatchObject({kind: 'notFound'})
  })

  test('of other files than those of configuration are left alone', async () => {
    const folder = folderWith({'notes.txt': 'rule: Host(`a.example`)'})
    writeFileSync(path.join(folder, 'a.yaml'), 'rule: Host(`b.example`)')
    expect((await certificates.routes([folder])).hosts).toEqual(['b.example'])
  })
})
