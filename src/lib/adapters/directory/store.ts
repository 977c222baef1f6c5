import {mkdir, readdir, rm, statfs} from 'node:fs/promises'
import {basename, dirname, join} from 'node:path'
import type {BackupSet, Marks, MemberName, Proof} from '../../domain/backup-set.ts'
import {OperatorError} from '../../errors.ts'
import type {BackupStore, Bytes, Removal, SetDraft} from '../../ports.ts'
import {inTurns} from '../turns.ts'
import {accessError, explainAccess} from './access.ts'
import {readVerified} from './verified.ts'
import {draftIn} from './draft.ts'
import {renameDurably} from './durable.ts'
import {folderOfSets, setNamesAmong} from './set-names.ts'
import {manifestSchema, proofSchema} from './schemas.ts'
import {marksIn} from './marks.ts'
import {readSealed, writeSealed} from './sealed.ts'

const partial = '.partial-'
/** A set that cannot be opened because too many files are open would look like a broken one. */
const readAtOnce = 32

type Entry = BackupSet | {location: string; reason: string}

/** Backup sets in a folder: `<root>/<project>/<environment>/<id>/`. A set being written has a name that no listing looks at. */
export class DirectoryStore implements BackupStore {
  readonly location: string

  constructor(root: string, project: string, environment: string) {
    this.location = folderOfSets(root, project, environment)
  }

  async list(): Promise<BackupSet[]> {
    return (await this.#entries()).filter((entry): entry is BackupSet => 'manifest' in entry)
  }

  async broken(): Promise<{location: string; reason: string}[]> {
    return (await this.#entries()).filter((entry): entry is {location: string; reason: string} => 'reason' in entry)
  }

  async create(id: string): Promise<SetDraft> {
    await explainAccess(this.location, () => mkdir(this.location, {recursive: true, mode: 0o700}))
    const folder = join(this.location, `${partial}${id}`)
    await explainAccess(this.location, () => mkdir(folder, {mode: 0o700}))
    return draftIn(folder, join(this.location, id))
  }

  read(set: BackupSet, member: MemberName): Bytes {
    const written = set.manifest.members.find(({name}) => name === member)
    if (written) return readVerified(set.location, written)
    throw new OperatorError('corrupt', `Backup ${set.manifest.id} has no ${member}.`)
  }

  async saveProof(set: BackupSet, proof: Proof): Promise<void> {
    await writeSealed(join(set.location, 'proof.json'), proof)
  }

  async saveMarks(set: BackupSet, marks: Marks): Promise<void> {
    await writeSealed(join(set.location, 'marks.json'), marks)
  }

  async remove(set: BackupSet): Promise<Removal> {
    // The name of an unfinished set hides it at once, and the sweep ends a removal that was cut short.
    const hidden = join(this.location, `${partial}${set.manifest.id}`)
    await explainAccess(set.location, () => renameDurably(set.location, hidden))
    await this.#remove(basename(hidden))
    return 'removed'
  }

  async freeBytes(): Promise<number> {
    const {bavail, bsize} = await statfs(await nearestExisting(this.location))
    return bavail * bsize
  }

  async sweep(): Promise<string[]> {
    const leftovers = (await this.#names()).filter((name) => name.startsWith(partial))
    await Promise.all(leftovers.map((name) => this.#remove(name)))
    return leftovers.map((name) => `removed the unfinished backup ${name.slice(partial.length)}`)
  }

  async #remove(name: string): Promise<void> {
    const path = join(this.location, name)
    await explainAccess(path, () => rm(path, {recursive: true, force: true}))
  }

  async #entries(): Promise<Entry[]> {
    return inTurns(await this.#setNames(), readAtOnce, (name) => this.#read(name))
  }

  async #setNames(): Promise<string[]> {
    return setNamesAmong(await this.#names())
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.location)
    } catch (error) {
      if ((error as {code?: string}).code === 'ENOENT') return []
      throw accessError(this.location, error)
    }
  }

  async #read(name: string): Promise<Entry> {
    const location = join(this.location, name)
    const manifest = await readSealed(join(location, 'manifest.json'))
    if ('reason' in manifest) return {location, reason: `its manifest ${manifest.reason}`}
    const parsed = manifestSchema.safeParse(manifest.contents)
    if (!parsed.success) return {location, reason: 'its manifest cannot be understood'}
    if (parsed.data.id !== basename(location)) return {location, reason: `its manifest belongs to ${parsed.data.id}`}
    const [proof, marks] = await Promise.all([readProof(location), readSealed(join(location, 'marks.json'))])
    return {manifest: parsed.data, proof, ...marksIn(marks, name), location}
  }
}

/** A proof that is damaged, or of another set, proves nothing. */
async function readProof(location: string): Promise<Proof | null> {
  const proof = await readSealed(join(location, 'proof.json'))
  if ('reason' in proof) return null
  const parsed = proofSchema.safeParse(proof.contents)
  return parsed.success && parsed.data.id === basename(location) ? parsed.data : null
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await readdir(path)
    return path
  } catch {
    // Not made yet: the space that counts is that of the folder it will be made in.
    return path === dirname(path) ? path : nearestExisting(dirname(path))
  }
}
