import {backupId, type BackupSet, type DatabaseProperties, type Proof} from '../../src/lib/domain/backup-set.ts'

/** Of a database as it is made where nobody says otherwise. */
export const plainProperties: DatabaseProperties = {
  owner: 'shop',
  encoding: 'UTF8',
  localeProvider: 'c',
  collate: 'C.UTF-8',
  ctype: 'C.UTF-8',
  locale: null,
  connectionLimit: -1,
  comment: null,
  settings: [],
  privileges: null,
}

export interface BackupSetTraits {
  startedAt: Date
  /** `none`: nobody has verified it yet. */
  proof?: 'passed' | 'failed' | 'none'
  database?: string
  tables?: readonly string[]
}

/** Returns a set as a store lists it, with tables of the schema public and a proof or none. */
export function backupSet({startedAt, proof = 'passed', database = 'shop', tables = ['customers', 'orders']}: BackupSetTraits): BackupSet {
  const id = backupId(startedAt, '3f9a1c')
  const relations = tables.map((name) => ({schema: 'public', name}))
  const catalogue = {
    tables: relations,
    partitionedTables: [],
    indexes: [],
    constraints: [],
    sequences: [],
    extensions: [],
    views: [],
    functions: [],
    triggers: [],
  }
  const manifest = {
    format: 1 as const,
    id,
    project: 'shop',
    environment: 'production',
    runtime: 'compose' as const,
    database,
    startedAt: startedAt.toISOString(),
    finishedAt: startedAt.toISOString(),
    databaseBytes: 8_000_000,
    tool: {version: '0.1.0', pgDump: 'pg_dump (PostgreSQL) 17.2', compression: 'zstd:3'},
    server: {
      version: '17.2',
      versionNumber: 170_002,
      systemIdentifier: '7300000000000000000',
      sharedPreloadLibraries: '',
      superuser: 'postgres',
    },
    properties: plainProperties,
    roles: ['shop'],
    catalogue,
    contents: {tables: relations.map((relation) => ({...relation, rows: 10})), sequences: [], largeObjects: 0},
    members: [],
  }
  return {manifest, proof: proof === 'none' ? null : proofOf(id, startedAt, proof === 'passed'), location: `backups/${id}`}
}

function proofOf(id: string, verifiedAt: Date, passed: boolean): Proof {
  return {
    format: 1,
    id,
    verifiedAt: verifiedAt.toISOString(),
    passed,
    where: 'a throw-away container',
    serverVersion: '17.2',
    tables: 2,
    rows: 20,
    indexes: 0,
    constraints: 0,
    sequences: 0,
    differences: passed ? [] : [{subject: 'public.orders', expected: '10 rows', actual: '9 rows', severity: 'fatal' as const}],
    seconds: {readBack: 0.1, start: 1, restore: 0.5, compare: 0.2, total: 1.8},
  }
}
