import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'

/** Files in PEM, made by openssl for one test; dispose of it to remove them. */
export interface Certificates extends AsyncDisposable {
  /** Certificate of an authority that nobody else knows. */
  authority: string
  certificate: string
  key: string
}

/** Makes an authority and a certificate for 127.0.0.1, but not localhost, or for other names, good for a day. */
export async function makeCertificates(names = 'IP:127.0.0.1'): Promise<Certificates> {
  const folder = await mkdtemp(path.join(tmpdir(), 'certificates-'))
  const at = (name: string) => path.join(folder, name)
  const openssl = (...words: string[]) => execa('openssl', words, {cwd: folder})
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl('req', '-x509', ...key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '1', '-subj', '/CN=Test authority')
  await openssl('req', ...key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=server')
  await writeFile(at('names'), `subjectAltName=${names}\n`)
  const signed = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '1', '-extfile', 'names']
  await openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.crt', ...signed)
  const dispose = () => rm(folder, {recursive: true, force: true})
  return {authority: at('ca.crt'), certificate: at('server.crt'), key: at('server.key'), [Symbol.asyncDispose]: dispose}
}
