import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'

export interface IssueOptions {
  names?: string
  /** Days from now; below 0 they are past. */
  from?: number
  until?: number
  /** Words of openssl that say what key is made. */
  key?: readonly string[]
  digest?: string
  isAuthority?: boolean
}

export interface Issued {
  certificate: string
  key: string
}

const day = 86_400_000
const onP256 = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']

const settings = `[ca]
default_ca = all
[all]
database = index.txt
new_certs_dir = .
serial = serial
policy = any
unique_subject = no
default_md = sha256
[any]
commonName = supplied
`

/** Authorities and certificates of any dates, made by openssl in a folder of their own; dispose of it to remove them. */
export class Authorities implements AsyncDisposable {
  readonly folder: string

  private constructor(folder: string) {
    this.folder = folder
  }

  static async open(): Promise<Authorities> {
    const folder = await mkdtemp(path.join(tmpdir(), 'authorities-'))
    await writeFile(path.join(folder, 'ca.cnf'), settings)
    await writeFile(path.join(folder, 'index.txt'), '')
    return new Authorities(folder)
  }

  /** Makes a certificate that signs itself. */
  async root(name: string, names?: string): Promise<Issued> {
    const extension = names === undefined ? [] : ['-addext', `subjectAltName=${names}`]
    await this.#openssl(
      'req',
      '-x509',
      '-newkey',
      ...onP256,
      '-nodes',
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '100',
      '-subj',
      `/CN=${name}`,
      ...extension,
    )
    return this.#read(name)
  }

  /** Makes a certificate signed by another of this folder. */
  async issue(name: string, signer: string, options: IssueOptions = {}): Promise<Issued> {
    const {names = 'DNS:shop.example', from = -10, until = 80, key = onP256, digest = 'sha256', isAuthority = false} = options
    const extensions = isAuthority ? 'basicConstraints=critical,CA:TRUE' : `subjectAltName=${names}`
    await writeFile(path.join(this.folder, `${name}.ext`), `${extensions}\n`)
    await this.#openssl('req', '-newkey', ...key, '-nodes', '-keyout', `${name}.key`, '-out', `${name}.csr`, '-subj', `/CN=${name}`)
    const signed = ['-cert', `${signer}.crt`, '-keyfile', `${signer}.key`, '-create_serial', '-md', digest, '-extfile', `${name}.ext`]
    const dates = ['-startdate', asn1(from), '-enddate', asn1(until)]
    await this.#openssl('ca', '-batch', '-notext', '-config', 'ca.cnf', '-in', `${name}.csr`, '-out', `${name}.crt`, ...signed, ...dates)
    return this.#read(name)
  }

  at(name: string): string {
    return path.join(this.folder, name)
  }

  async #openssl(...words: string[]): Promise<void> {
    await execa('openssl', words, {cwd: this.folder})
  }

  async #read(name: string): Promise<Issued> {
    const [certificate, key] = await Promise.all(['crt', 'key'].map((ending) => readFile(this.at(`${name}.${ending}`), 'utf8')))
    return {certificate: certificate!, key: key!}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, {recursive: true, force: true})
  }
}

/** As openssl writes times: 20261122100000Z. */
function asn1(days: number): string {
  return `${new Date(Date.now() + days * day).toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}Z`
}
