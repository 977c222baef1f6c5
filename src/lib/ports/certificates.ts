import type {ServedChain} from '../domain/certificate.ts'
import type {CertificateStore, ProxyRoutes} from '../domain/certificate-store.ts'
import type {CertificateTarget} from '../domain/certificate-target.ts'

/** Certificates: what servers show, and what the proxy keeps. */
export interface Certificates {
  /** Returns what the place shows, trusted or not. Throws `unreachable`, `incompatible` when no TLS is spoken there, `usage` when its authority cannot be read. */
  served(target: CertificateTarget, at: ProbeAddress): Promise<ServedChain>
  /** Returns the headers that the root of an HTTPS site answers with, by their names in lower case. Throws `unreachable`. */
  headers(target: CertificateTarget, at: ProbeAddress): Promise<Record<string, string>>
  /** Returns the addresses of a name. Throws `notFound` when it has none, `unreachable` when nobody can be asked. */
  addresses(host: string): Promise<string[]>
  /** Throws `notFound`, `denied`, or `corrupt` for what is no store of Traefik's. */
  store(path: string): Promise<CertificateStore>
  /** Reads files, and folders with all that is below them. Throws `notFound` or `denied`. */
  routes(paths: readonly string[]): Promise<ProxyRoutes>
}

export interface ProbeAddress {
  /** Address to connect to instead of that of the name; null: that of the name. */
  connect: string | null
  signal: AbortSignal
}
