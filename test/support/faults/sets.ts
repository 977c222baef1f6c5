import {createHash} from 'node:crypto'
import {cp, readFile, readdir, rm, truncate, writeFile} from 'node:fs/promises'
import path from 'node:path'
import type {Scene} from './scene.ts'

export interface ListedBackup {
  id: string
  location: string
  proven: boolean | null
}

export interface BackupListing {
  backups: ListedBackup[]
  broken: {location: string; reason: string}[]
  kept: {name: string}[] | null
}

/** Returns what `restore --list --json` shows. */
export async function listBackups(scene: Scene): Promise<BackupListing> {
  const {code, stdout, stderr} = await scene.run(['restore', '--list', '--json'])
  if (code !== 0) throw new Error(`restore --list ended with ${code}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as BackupListing
}

/** Returns a line for every file of a set that is not what its manifest says. */
export async function damageOf(location: string): Promise<string[]> {
  const manifest = JSON.parse(await readFile(path.join(location, 'manifest.json'), 'utf8')) as {
    members: {name: string; bytes: number; sha256: string}[]
  }
  const looked = manifest.members.map(async ({name, bytes, sha256}) => {
    const content = await readFile(path.join(location, name)).catch(() => Buffer.alloc(0))
    const whole = content.length === bytes && createHash('sha256').update(content).digest('hex') === sha256
    return whole ? [] : [`${location}/${name}`]
  })
  return (await Promise.all(looked)).flat()
}

/** Returns the name of the file that the dump of a set is in. */
export async function dumpNameIn(location: string): Promise<string> {
  return (await readdir(location)).find((name) => name.startsWith('database.dump'))!
}

/** Makes a backup and returns its id and folder. */
export async function makeBackup(scene: Scene): Promise<{id: string; location: string}> {
  const {code, stdout, stderr} = await scene.run(['backup', '--json'])
  if (code !== 0) throw new Error(`backup ended with ${code}: ${stdout}${stderr}`)
  return JSON.parse(stdout) as {id: string; location: string}
}

/** A backup set on disk that tests can damage and put right again. */
export interface DamageableSet {
  id: string
  location: string
  /** Name of the file that the dump is in. */
  dump: string
  /** Puts back every file as it was written. */
  restore(): Promise<void>
  /** Leaves the first part of a file, in percent. */
  cut(name: string, percent: number): Promise<void>
  /** Flips one bit of the byte at a place, from 0 at the beginning to 1 at the end. */
  flip(name: string, place: number): Promise<void>
  /** Puts another archive in, with size and checksum to match, as a dump that lacks something would have them. */
  forge(archive: Uint8Array): Promise<void>
}

/** Makes a backup and keeps a copy of it, so that it can be damaged again and again. */
export async function makeDamageableSet(scene: Scene): Promise<DamageableSet> {
  const {id, location} = await makeBackup(scene)
  const pristine = path.join(scene.folder, `pristine-${id}`)
  await cp(location, pristine, {recursive: true})
  const file = (name: string) => path.join(location, name)
  return {
    id,
    location,
    dump: await dumpNameIn(location),
    restore: async () => {
      await rm(location, {recursive: true})
      await cp(pristine, location, {recursive: true})
    },
    cut: async (name, percent) => truncate(file(name), Math.floor(((await readFile(file(name))).length * percent) / 100)),
    flip: (name, place) => flipByte(file(name), place),
    forge: (archive) => forgeArchive(location, archive),
  }
}

/** Makes copies of a set under ids of their own, each as whole as the first. */
export async function copySet({id, location}: {id: string; location: string}, copies: number): Promise<string[]> {
  return Promise.all(
    Array.from({length: copies}, async (_, index) => {
      const copy = `${id.slice(0, -6)}${(index + 1).toString(16).padStart(6, '0')}`
      const folder = path.join(path.dirname(location), copy)
      await cp(location, folder, {recursive: true})
      await rewriteManifest(folder, (manifest) => ({...manifest, id: copy}))
      return folder
    }),
  )
}

/** Flips one bit of the byte at a place of a file, from 0 at the beginning to 1 at the end. */
export async function flipByte(file: string, place: number): Promise<void> {
  const content = await readFile(file)
  const index = Math.min(content.length - 1, Math.floor(content.length * place))
  content[index]! ^= 1 << (index % 8)
  await writeFile(file, content)
}

async function forgeArchive(location: string, archive: Uint8Array): Promise<void> {
  const dump = await dumpNameIn(location)
  await writeFile(path.join(location, dump), archive)
  const forged = {bytes: archive.length, sha256: createHash('sha256').update(archive).digest('hex')}
  await rewriteManifest(location, (manifest) => ({
    ...manifest,
    members: manifest.members.map((member) => (member.name === dump ? {...member, ...forged} : member)),
  }))
}

interface ManifestFile {
  id: string
  members: {name: string; bytes: number; sha256: string}[]
}

/** Changes a manifest and its checksum with it, as only somebody who means to deceive would. */
async function rewriteManifest(location: string, change: (manifest: ManifestFile) => ManifestFile): Promise<void> {
  const file = path.join(location, 'manifest.json')
  const {checksum: _old, ...manifest} = JSON.parse(await readFile(file, 'utf8')) as ManifestFile & {checksum: string}
  const changed = change(manifest)
  const checksum = `sha256:${createHash('sha256').update(JSON.stringify(changed)).digest('hex')}`
  await writeFile(file, JSON.stringify({...changed, checksum}))
}
