import {randomUUID} from 'node:crypto'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa, type ResultPromise} from 'execa'
import {findFreePort} from './free-port.ts'
import {waitFor} from './machine.ts'

/** Full paths of the programs of Ceph. */
export interface ObjectStorePrograms {
  'ceph-mon': string
  'ceph-osd': string
  radosgw: string
}

/** A Ceph object gateway of the machine, all in memory, for one test file; dispose of it to end it and remove its files. */
export interface HostObjectStore extends AsyncDisposable {
  endpoint: string
  /** Makes a user and returns its keys. */
  addUser(name: string): Promise<{accessKeyId: string; secretAccessKey: string}>
}

/** Starts a gateway over one monitor and one store in memory. It checks signatures, policies and Object Lock as the large ones do. */
export async function startObjectStore(programs: ObjectStorePrograms): Promise<HostObjectStore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rgw-'))
  const cluster = new Cluster(programs, folder)
  try {
    return await cluster.start()
  } catch (error) {
    await cluster.stop()
    throw error
  }
}

class Cluster {
  readonly #programs: ObjectStorePrograms
  readonly #folder: string
  readonly #fsid = randomUUID()
  readonly #running: ResultPromise<{stdio: 'ignore'; reject: false}>[] = []

  constructor(programs: ObjectStorePrograms, folder: string) {
    this.#programs = programs
    this.#folder = folder
  }

  async start(): Promise<HostObjectStore> {
    const [monitor, first, gateway] = [await findFreePort(), await findFreePort(), await findFreePort()]
    for (const name of ['mon', 'osd', 'rgw']) await mkdir(path.join(this.#folder, name))
    await writeFile(path.join(this.#folder, 'ceph.conf'), configuration(this.#folder, this.#fsid, {monitor, first, gateway}))
    const {'ceph-mon': mon, 'ceph-osd': osd, radosgw} = this.#programs
    const map = path.join(this.#folder, 'monmap')
    await this.run(beside(mon, 'monmaptool'), ['--create', '--addv', 'a', `[v2:127.0.0.1:${monitor}]`, '--fsid', this.#fsid, map])
    await this.run(mon, ['--mkfs', '-i', 'a', '--monmap', map])
    this.background(mon, ['-i', 'a', '-f'])
    const id = randomUUID()
    await this.run(beside(mon, 'ceph'), ['osd', 'new', id])
    await this.run(osd, ['-i', '0', '--mkfs', '--osd-uuid', id])
    this.background(osd, ['-i', '0', '-f'])
    await waitFor('the store of Ceph', 30, async () => (await this.run(beside(mon, 'ceph'), ['osd', 'stat'])).includes('1 up'))
    this.background(radosgw, ['-n', 'client.rgw', '-f'])
    const endpoint = `http://127.0.0.1:${gateway}`
    await waitFor('the gateway of Ceph', 30, () =>
      fetch(endpoint).then(
        ({ok}) => ok,
        () => false,
      ),
    )
    return {endpoint, addUser: (name) => this.#addUser(name), [Symbol.asyncDispose]: () => this.stop()}
  }

  async stop(): Promise<void> {
    for (const process of this.#running.toReversed()) process.kill('SIGKILL')
    await Promise.all(this.#running)
    await rm(this.#folder, {recursive: true, force: true})
  }

  async run(program: string, words: readonly string[]): Promise<string> {
    return (await execa(program, this.#words(words), {stdin: 'ignore', timeout: 30_000})).stdout
  }

  background(program: string, words: readonly string[]): void {
    this.#running.push(execa(program, this.#words(words), {stdio: 'ignore', reject: false}))
  }

  async #addUser(name: string): Promise<{accessKeyId: string; secretAccessKey: string}> {
    const keys = {accessKeyId: name, secretAccessKey: randomUUID()}
    const words = [
      'user',
      'create',
      `--uid=${name}`,
      `--display-name=${name}`,
      `--access-key=${name}`,
      `--secret-key=${keys.secretAccessKey}`,
    ]
    await this.run(beside(this.#programs.radosgw, 'radosgw-admin'), ['-n', 'client.rgw', ...words])
    return keys
  }

  #words(words: readonly string[]): string[] {
    return ['-c', path.join(this.#folder, 'ceph.conf'), ...words].filter((word) => word !== '')
  }
}

function beside(program: string, name: string): string {
  return path.join(path.dirname(program), name)
}

function configuration(folder: string, fsid: string, ports: {monitor: number; first: number; gateway: number}): string {
  return `[global]
fsid = ${fsid}
mon host = [v2:127.0.0.1:${ports.monitor}]
mon initial members = a
public addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
admin socket =
pid file =
log file =
run dir = ${folder}
ms bind msgr1 = false
ms bind port min = ${ports.first}
ms bind port max = ${ports.first + 200}
mon data = ${folder}/mon
mon data avail crit = 1
mon allow pool size one = true
mon warn on pool no redundancy = false
osd data = ${folder}/osd
osd objectstore = memstore
memstore device bytes = 1073741824
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
[client.rgw]
# Without a method of authentication there is nothing that a secure connection could be made with.
ms mon client mode = crc
rgw frontends = beast endpoint=127.0.0.1:${ports.gateway}
rgw data = ${folder}/rgw
rgw run sync thread = false
`
}
