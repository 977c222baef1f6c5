import type {BackupSet} from '../../../src/lib/domain/backup-set.ts'
import type {BackupStore, SetWriter} from '../../../src/lib/ports.ts'
import {backupSet} from '../backup-sets.ts'
import {fromText} from '../../../src/lib/procedures/text.ts'

const day = 86_400_000
const clock = new Date('2026-11-22T10:00:00Z')

export interface SetTraits {
  daysAgo: number
  proof?: 'passed' | 'failed' | 'none'
  database?: string
  /** Rows of each table; 10 unless said otherwise. */
  rows?: Record<string, number>
  anomalies?: BackupSet['manifest']['anomalies']
  tags?: readonly string[]
  /** Instead of the clock of the fakes. */
  now?: Date
}

/** Returns a set that was begun so many days before the clock of the fakes, 22 November 2026, 10:00 UTC; its id ends with that number. */
export function setOf({daysAgo, proof = 'passed', database = 'shop', rows, anomalies, tags, now = clock}: SetTraits): BackupSet {
  const startedAt = new Date(now.getTime() - daysAgo * day)
  const set = backupSet({startedAt, proof, database, ...(rows && {tables: Object.keys(rows)})})
  const id = `${set.manifest.id.slice(0, -6)}${Math.floor(daysAgo).toString().padStart(6, '0')}`
  const contents = {
    ...set.manifest.contents,
    tables: set.manifest.contents.tables.map((table) => ({...table, rows: rows?.[table.name] ?? table.rows})),
  }
  const manifest = {...set.manifest, id, contents, ...(anomalies && {anomalies}), ...(tags && {tags})}
  return {...set, manifest, proof: set.proof && {...set.proof, id}}
}

type Destination = Pick<BackupStore, 'saveProof'> & {
  create?(id: string): Promise<SetWriter>
  copy?(id: string, bytes: null): Promise<SetWriter>
}

/** Puts sets into a store as a backup would, and returns them as it lists them. */
export async function storeSets(store: Destination, sets: readonly BackupSet[]): Promise<BackupSet[]> {
  const stored: BackupSet[] = []
  for (const {manifest, proof} of sets) {
    const draft = (await (store.create?.(manifest.id) ?? store.copy?.(manifest.id, null)))!
    const member = await draft.write('database.dump', fromText('rows'))
    const set = await draft.publish({...manifest, members: [member]})
    if (proof) await store.saveProof(set, proof)
    stored.push({...set, proof})
  }
  return stored
}
