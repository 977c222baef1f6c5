import {readFile} from 'node:fs/promises'
import {connect as connectPlain, isIP, type Socket} from 'node:net'
import {connect as connectTls, getCACertificates, type TLSSocket} from 'node:tls'
import type {CertificateTarget} from '../../domain/certificate-target.ts'
import {abortError, OperatorError} from '../../errors.ts'
import type {ProbeAddress} from '../../ports/certificates.ts'

/** Calls `use` with a connection that speaks TLS with the target, trusted or not, and ends it. Throws `unreachable`, `incompatible`, `usage`. */
export async function withHandshake<Result>(
  target: CertificateTarget,
  {connect, signal}: ProbeAddress,
  use: (socket: TLSSocket) => Result | Promise<Result>,
): Promise<Result> {
  const trusted = await authorities(target.ca)
  if (signal.aborted) throw abortError(signal)
  const plain = connectPlain({host: connect ?? target.host, port: target.port})
  const abort = () => plain.destroy(abortError(signal))
  signal.addEventListener('abort', abort, {once: true})
  try {
    await arrival(plain, 'connect')
    if (target.protocol === 'postgresql') await requestTls(plain)
    const secure = connectTls({
      socket: plain,
      ...trusted,
      ...(isIP(target.host) === 0 ? {servername: target.host} : {}),
      // Whatever is wrong is to be seen and told, and not to end the connection: old protocols, weak keys, unknown authorities, other names.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      minVersion: 'TLSv1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
      ...(target.protocol === 'postgresql' ? {ALPNProtocols: ['postgresql']} : {}),
    })
    await arrival(secure, 'secureConnect')
    return await use(secure)
  } catch (error) {
    throw signal.aborted ? abortError(signal) : explain(error)
  } finally {
    signal.removeEventListener('abort', abort)
    plain.destroy()
  }
}

/** None where the public ones will do: those are parsed once, and given ones for each connection. */
async function authorities(file: string | null): Promise<{ca?: string[]}> {
  if (file === null) return {}
  try {
    return {ca: [...getCACertificates('default'), await readFile(file, 'utf8')]}
  } catch (cause) {
    throw new OperatorError('usage', `The certificates in ${file} cannot be read.`, {
      hint: 'Correct the setting that names the file.',
      cause,
    })
  }
}

function arrival(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve())
    // It stays, as an error that nobody listens to ends the process, and one may come after the certificate was seen.
    socket.on('error', reject)
    socket.once('close', () => reject(new OperatorError('unreachable', 'The connection was ended before a certificate was shown.')))
  })
}

/** The message by which a client of PostgreSQL asks for TLS: its length, and 1234 and 5679 as the code of the request. */
const sslRequest = Uint8Array.from([0, 0, 0, 8, 4, 210, 22, 47])

async function requestTls(socket: Socket): Promise<void> {
  const reply = new Promise<string>((resolve, reject) => {
    socket.once('data', (data: Buffer) => resolve(data.toString('latin1', 0, 1)))
    socket.once('close', () => reject(new OperatorError('unreachable', 'The connection was ended instead of an answer.')))
    socket.once('error', reject)
  })
  socket.write(sslRequest)
  const said = await reply
  socket.removeAllListeners('data')
  socket.pause()
  if (said === 'S') return
  const message = said === 'N' ? 'PostgreSQL has TLS switched off.' : 'What answers there is not PostgreSQL.'
  throw new OperatorError('incompatible', message, said === 'N' ? {hint: 'set ssl = on in postgresql.conf'} : {})
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'Connection refused, nothing listens there.',
  ECONNRESET: 'The connection was cut off.',
  ENOTFOUND: 'There is no host of that name.',
  EAI_AGAIN: 'The name could not be looked up.',
  EHOSTUNREACH: 'There is no route to the host.',
  ENETUNREACH: 'There is no route to the network.',
  ETIMEDOUT: 'The connection timed out.',
}

/** Answers that no server gives that speaks TLS. */
const plainText =
  /^ERR_SSL_(?:WRONG_VERSION_NUMBER|HTTP_REQUEST|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE|RECORD_LAYER_FAILURE)$/

function explain(error: unknown): unknown {
  if (error instanceof OperatorError || !(error instanceof Error)) return error
  const {code = '', message} = error as NodeJS.ErrnoException
  if (plainText.test(code)) return new OperatorError('incompatible', 'What answers there speaks no TLS.', {cause: error})
  const reason = reasons[code]
  if (reason !== undefined) return new OperatorError('unreachable', reason, {cause: error})
  if (code.startsWith('ERR_SSL_')) {
    const said = code.slice('ERR_SSL_'.length).toLowerCase().replaceAll('_', ' ')
    return new OperatorError('incompatible', `TLS cannot be agreed on: ${said}.`, {cause: error})
  }
  return new OperatorError('unreachable', `It cannot be reached: ${message}`, {cause: error})
}
