import type {BackupSet, Manifest} from '../../domain/backup-set.ts'
import {marksIn} from '../directory/marks.ts'
import {manifestSchema, proofSchema} from '../directory/schemas.ts'
import type {Unsealed} from '../directory/sealed.ts'
import type {ListedObject} from './listing.ts'
import {isHalfRemoved} from './removal.ts'

/** What is read of each set for a listing. */
export const smallNames = ['manifest.json', 'proof.json', 'marks.json'] as const

export type Files = ReadonlyMap<string, ListedObject>

/** A set, or why there is none in its folder. */
export type Entry = BackupSet | {location: string; reason: string}

/** Returns what a folder of a bucket holds; `read` reads one of its small files. */
export async function entryOf(
  {id, location, files}: {id: string; location: string; files: Files},
  read: (file: ListedObject) => Promise<Unsealed>,
): Promise<Entry> {
  if (isHalfRemoved(files)) return {location, reason: 'its removal was cut short; the next cleanup ends it'}
  const contents = async (name: (typeof smallNames)[number]): Promise<Unsealed> => {
    const file = files.get(name)
    return file ? read(file) : {reason: 'is missing'}
  }
  const manifest = await contents('manifest.json')
  if ('reason' in manifest) return {location, reason: `its manifest ${manifest.reason}`}
  const parsed = manifestSchema.safeParse(manifest.contents)
  if (!parsed.success) return {location, reason: 'its manifest cannot be understood'}
  if (parsed.data.id !== id) return {location, reason: `its manifest belongs to ${parsed.data.id}`}
  const missing = missingMember(parsed.data, files)
  if (missing !== null) return {location, reason: missing}
  const proof = proofSchema.safeParse(contentsOf(await contents('proof.json')))
  return {
    manifest: parsed.data,
    proof: proof.success && proof.data.id === id ? proof.data : null,
    ...marksIn(await contents('marks.json'), id),
    location,
  }
}

/** A manifest is written last, so what is missing or shorter than it says was removed or damaged since. */
function missingMember({members}: Manifest, files: Files): string | null {
  const wrong = members.find(({name, bytes}) => files.get(name)?.bytes !== bytes)
  if (!wrong) return null
  return files.has(wrong.name) ? `its ${wrong.name} has another size than the manifest says` : `its ${wrong.name} is missing`
}

function contentsOf(read: {contents: unknown} | {reason: string}): unknown {
  return 'contents' in read ? read.contents : null
}
