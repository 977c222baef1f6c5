import {lookup} from 'node:dns/promises'
import {readFile} from 'node:fs/promises'
import {request} from 'node:https'
import type {TLSSocket} from 'node:tls'
import {parseEnv} from 'node:util'
import type {ServedChain} from '../../domain/certificate.ts'
import type {CertificateTarget} from '../../domain/certificate-target.ts'
import {targetLabel} from '../../domain/certificate-target.ts'
import {OperatorError} from '../../errors.ts'
import type {Certificates, ProbeAddress} from '../../ports/certificates.ts'
import {readAcmeStore} from './acme-store.ts'
import {factsOf} from './certificate-facts.ts'
import {withHandshake} from './handshake.ts'
import {readRoutes} from './traefik-files.ts'

/** Certificates as this machine sees them. `file`, the `.env` of the stack, and `environment` hold what the configuration of the proxy asks for. */
export function createCertificates(file: string | null, environment: Readonly<Record<string, string | undefined>>): Certificates {
  return {
    served: (target, at) => withHandshake(target, at, readChain),
    headers: (target, at) => withHandshake(target, at, (socket) => readHeaders(socket, target, at)),
    addresses: lookUp,
    store: readAcmeStore,
    routes: async (paths) => readRoutes(paths, {...(await readEnvironment(file)), ...environment}),
  }
}

async function readEnvironment(file: string | null): Promise<NodeJS.Dict<string>> {
  try {
    return file === null ? {} : parseEnv(await readFile(file, 'utf8'))
  } catch {
    // Many stacks have none; what is asked for and not set is told then.
    return {}
  }
}

/** As many as any server sends in earnest. */
const longestChain = 10

function readChain(socket: TLSSocket): ServedChain {
  const chain = []
  let certificate = socket.getPeerX509Certificate()
  while (certificate !== undefined && chain.length < longestChain) {
    chain.push(factsOf(certificate))
    certificate = certificate.issuerCertificate
  }
  const [leaf, ...rest] = chain
  if (leaf === undefined) throw new OperatorError('incompatible', 'No certificate was shown.')
  // Node gives the code where its types say an error.
  const distrust = socket.authorized ? null : String(socket.authorizationError)
  return {chain: [leaf, ...rest], distrust, version: socket.getProtocol() ?? 'unknown'}
}

function readHeaders(socket: TLSSocket, target: CertificateTarget, {signal}: ProbeAddress): Promise<Record<string, string>> {
  return new Promise((resolve, reject) => {
    const asked = request({
      createConnection: () => socket,
      host: target.host,
      port: target.port,
      path: '/',
      method: 'GET',
      headers: {host: targetLabel(target), 'user-agent': 'sparkone', accept: '*/*'},
      signal,
    })
    asked.on('error', reject)
    asked.on('response', (response) => {
      const headers = Object.entries(response.headers).map(([name, value]) => [name, [value].flat().join(', ')])
      response.destroy()
      resolve(Object.fromEntries(headers) as Record<string, string>)
    })
    asked.end()
  })
}

async function lookUp(host: string): Promise<string[]> {
  try {
    const found = await lookup(host, {all: true})
    return found.map(({address}) => address)
  } catch (cause) {
    const {code} = cause as NodeJS.ErrnoException
    if (code === 'ENOTFOUND') throw new OperatorError('notFound', `There is no address for the name ${host}.`, {cause})
    throw new OperatorError('unreachable', `The name ${host} could not be looked up (${code}).`, {cause})
  }
}
