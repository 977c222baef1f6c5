import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {startHostCluster} from '../../support/testbed/index.ts'
import type {Desk, Where} from './desk.ts'

/** A server of this machine that knows the backups of the stack, as after a move or on a developer's machine. */
export interface Elsewhere extends AsyncDisposable {
  /** Where sparkone runs for it. */
  where: Where
  /** PGHOST and its kin, and PATH with the server's own programs first. */
  client: Record<string, string>
  sql(statements: string, database?: string): Promise<string>
}

export interface ElsewhereOptions {
  /** Folder of the server's programs. */
  bin: string
  /** Folder of the programs that sparkone is told to use; the server's own unless given. */
  programs?: string
  settings?: Record<string, string>
  /** The first role. */
  user?: string
}

export async function openElsewhere(
  {stack, backups}: Desk,
  {bin, programs = bin, settings = {}, user = 'postgres'}: ElsewhereOptions,
): Promise<Elsewhere> {
  const cluster = await startHostCluster({bin, settings, user})
  const folder = await mkdtemp(path.join(tmpdir(), 'elsewhere-'))
  const configuration = {
    version: 1,
    project: stack.project,
    runtime: 'host',
    database: {url: {env: 'ELSEWHERE_URL'}, name: stack.database.name, programs},
    backup: {directory: backups},
  }
  await writeFile(path.join(folder, 'sparkone.yml'), JSON.stringify(configuration), {mode: 0o600})
  const client = {
    PGHOST: cluster.host,
    PGPORT: String(cluster.port),
    PGUSER: cluster.user,
    PGPASSWORD: cluster.password,
    PATH: `${bin}:${process.env.PATH}`,
  }
  const sql = async (statements: string, database = 'postgres') => {
    const words = ['-X', '--quiet', '--no-align', '--tuples-only', '-v', 'ON_ERROR_STOP=1']
    return (await execa('psql', words, {env: {...client, PGDATABASE: database}, input: statements})).stdout
  }
  const dispose = async () => {
    await cluster[Symbol.asyncDispose]()
    await rm(folder, {recursive: true, force: true})
  }
  const environment = {ELSEWHERE_URL: cluster.url, COMPOSE_FILE: ''}
  return {where: {folder, environment}, client, sql, [Symbol.asyncDispose]: dispose}
}
