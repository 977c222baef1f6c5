import {randomBytes} from 'node:crypto'
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {findFreePort} from './free-port.ts'
import {waitFor} from './machine.ts'

/** A Redis of the machine on a free port, for one test file; dispose of it to end it and remove its files. */
export interface HostRedis extends AsyncDisposable {
  port: number
  password: string
  url: string
  processId: number
}

/** Starts a throw-away Redis with a password. `program` is the full path of redis-server. */
export async function startHostRedis({
  program,
  password = randomBytes(12).toString('hex'),
}: {
  program: string
  password?: string
}): Promise<HostRedis> {
  const port = await findFreePort()
  const folder = await mkdtemp(path.join(tmpdir(), 'redis-'))
  const input = `bind 127.0.0.1\nport ${port}\ndir "${folder}"\nsave ""\nrequirepass "${password}"\n`
  const server = execa(program, ['-'], {input, cwd: folder, stdout: {file: path.join(folder, 'log')}, reject: false})
  const cli = path.join(path.dirname(program), 'redis-cli')
  await waitFor('redis', 15, async () => {
    const {stdout} = await execa(cli, ['-p', String(port), 'ping'], {env: {REDISCLI_AUTH: password}, reject: false})
    return stdout === 'PONG'
  })
  const stop = async () => {
    server.kill('SIGTERM')
    await server
    await rm(folder, {recursive: true, force: true})
  }
  const url = `redis://:${encodeURIComponent(password)}@127.0.0.1:${port}/0`
  return {port, password, url, processId: server.pid!, [Symbol.asyncDispose]: stop}
}
