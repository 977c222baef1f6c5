import type {Certificate, ServedChain} from '../../../src/lib/domain/certificate.ts'
import type {CertificateStore, ProxyRoutes} from '../../../src/lib/domain/certificate-store.ts'
import {type CertificateTarget, targetLabel} from '../../../src/lib/domain/certificate-target.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import type {Certificates, ProbeAddress} from '../../../src/lib/ports/certificates.ts'
import type {CertCheckInput} from '../../../src/lib/procedures/cert-check.ts'

const day = 86_400_000

/** Returns what `cert-check` is asked where nothing is configured, as a test changes it. */
export function certCheckInput(more: Partial<CertCheckInput>): CertCheckInput {
  return {
    targets: [],
    isNamed: false,
    ca: null,
    connect: null,
    addresses: [],
    store: null,
    routes: [],
    proxy: null,
    withHeaders: false,
    renewBefore: null,
    timeoutMilliseconds: 5000,
    ...more,
  }
}

/** Returns a certificate for shop.example of 90 days, 10 of them gone on the day of the fakes, as a test changes it. */
export function certificateWith(more: Partial<Certificate> = {}): Certificate {
  const notBefore = new Date('2026-11-12T10:00:00Z')
  return {
    subject: 'CN=shop.example',
    issuer: 'CN=Authority 1',
    dnsNames: ['shop.example'],
    addresses: [],
    notBefore,
    notAfter: new Date(notBefore.getTime() + 90 * day - 1000),
    key: {type: 'ec', bits: null, curve: 'prime256v1'},
    signature: '1.2.840.10045.4.3.2',
    fingerprint: 'a1',
    ...more,
  }
}

/** Returns the chain of a server whose certificate is as a test changes it. */
export function chainWith(more: Partial<Certificate> = {}, distrust: string | null = null): ServedChain {
  const issuer = certificateWith({subject: 'CN=Authority 1', issuer: 'CN=Root', dnsNames: [], fingerprint: 'b1'})
  return {chain: [certificateWith(more), issuer], distrust, version: 'TLSv1.3'}
}

/** Servers, names and a store as a test sets them; what is not there does not answer. */
export class FakeCertificates implements Certificates {
  readonly chains = new Map<string, ServedChain | OperatorError | 'silence'>()
  readonly names = new Map<string, string[]>()
  readonly sites = new Map<string, Record<string, string>>()
  stored: CertificateStore | OperatorError | null = null
  routed: ProxyRoutes | OperatorError | null = null
  readonly asked: {label: string; connect: string | null; ca: string | null}[] = []
  /** Probes of servers that run now, and the most that ever ran at once. */
  running = 0
  most = 0

  async served(target: CertificateTarget, {connect}: ProbeAddress): Promise<ServedChain> {
    const label = targetLabel(target)
    this.asked.push({label, connect, ca: target.ca})
    this.running += 1
    this.most = Math.max(this.most, this.running)
    const found = this.chains.get(label)
    await Promise.resolve()
    if (found === 'silence') return new Promise(() => {})
    this.running -= 1
    return given(found ?? null, 'Connection refused, nothing listens there.', 'unreachable')
  }

  async headers(target: CertificateTarget): Promise<Record<string, string>> {
    return given(this.sites.get(targetLabel(target)) ?? null, 'Connection refused.', 'unreachable')
  }

  async addresses(host: string): Promise<string[]> {
    return given(this.names.get(host) ?? null, `There is no address for the name ${host}.`, 'notFound')
  }

  async store(path: string): Promise<CertificateStore> {
    return given(this.stored, `There is no ${path}.`, 'notFound')
  }

  async routes(paths: readonly string[]): Promise<ProxyRoutes> {
    return given(this.routed, `There is no ${paths[0]}.`, 'notFound')
  }
}

function given<Value>(value: Value | OperatorError | null, absent: string, kind: 'notFound' | 'unreachable'): Value {
  if (value === null) throw new OperatorError(kind, absent)
  if (value instanceof OperatorError) throw value
  return value
}
