import {mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'

export interface VersionOptions {
  /** A migration that it has and the versions before do not. */
  migration?: {name: string; sql: string; breaking: boolean}
  /** Answers everything with 500 once it has run so long. */
  badAfterSeconds?: number
}

/** Makes an image of the API as a release would have it, `to`, out of one that has what the API runs on; each has an image ID of its own. */
export async function makeVersion(
  {from, to, bundle}: {from: string; to: string; bundle: string},
  environment: Readonly<Record<string, string>>,
  options: VersionOptions = {},
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'version-'))
  const docker = async (...words: string[]) => (await execa('docker', words, {env: environment})).stdout.trim()
  const container = await docker('create', from)
  try {
    await mkdir(path.join(folder, 'app'))
    await writeFile(path.join(folder, 'app/server.mjs'), changed(await readFile(bundle, 'utf8'), options), {mode: 0o644})
    await docker('cp', path.join(folder, 'app'), `${container}:/`)
    await docker('commit', '--change', `LABEL version=${to}`, container, to)
  } finally {
    await docker('rm', '--force', container)
    await rm(folder, {recursive: true, force: true})
  }
}

const listOfMigrations = 'const migrations = ['

function changed(bundle: string, {migration, badAfterSeconds}: VersionOptions): string {
  if (!bundle.includes(listOfMigrations)) throw new Error('The bundle of the API has no list of migrations any more.')
  const migrated = migration ? bundle.replace(listOfMigrations, `${listOfMigrations}${JSON.stringify(migration)},`) : bundle
  return badAfterSeconds === undefined ? migrated : `${turnsBad(badAfterSeconds)}${migrated}`
}

function turnsBad(seconds: number): string {
  return `
    import {Server as TurningBad} from 'node:http'
    const goodUntil = Date.now() + ${seconds * 1000}
    const emit = TurningBad.prototype.emit
    TurningBad.prototype.emit = function (event, request, response) {
      if (event !== 'request' || Date.now() < goodUntil) return emit.apply(this, arguments)
      response.writeHead(500).end()
      return true
    }
  `
}
