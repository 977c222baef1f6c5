import type {Manifest} from './backup-set.ts'
import {newestEntries, type ArchivedEntry, type FilesSummary} from './file-archive.ts'
import type {Finding} from './finding.ts'

type Described = Pick<Manifest, 'id' | 'project' | 'environment' | 'startedAt' | 'finishedAt' | 'members'> & {
  version: string
  files: FilesSummary
  tags: readonly string[]
}

const emptyCatalogue = {
  tables: [],
  partitionedTables: [],
  indexes: [],
  constraints: [],
  sequences: [],
  extensions: [],
  views: [],
  functions: [],
  triggers: [],
}

/** Returns the manifest of a set of files: what tells of a database is empty, and so is its name, which no database can have. */
export function filesManifest({version, tags, ...rest}: Described): Manifest {
  return {
    format: 1,
    ...rest,
    kind: 'files',
    runtime: 'host',
    database: '',
    databaseBytes: 0,
    tool: {version, pgDump: '', compression: 'zstd:3'},
    server: {version: '', versionNumber: 0, systemIdentifier: '', sharedPreloadLibraries: '', superuser: ''},
    properties: {
      owner: '',
      encoding: '',
      localeProvider: '',
      collate: '',
      ctype: '',
      locale: null,
      connectionLimit: -1,
      comment: null,
      settings: [],
      privileges: null,
    },
    roles: [],
    catalogue: emptyCatalogue,
    contents: {tables: [], sequences: [], largeObjects: 0},
    ...(tags.length > 0 && {tags}),
  }
}

/** Returns what a set of files is said to hold. */
export function summariseFiles(
  stored: readonly ArchivedEntry[],
  rest: Pick<FilesSummary, 'folder' | 'include' | 'exclude' | 'problems'>,
): FilesSummary {
  const entries = newestEntries(stored)
  const files = entries.filter(({type}) => type === 'file')
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return {...rest, entries: entries.length, files: files.length, bytes, stored: stored.length}
}

export interface ProjectReport {
  format: 1
  id: string
  takenAt: string
  host: string
  user: string
  project: string
  environment: string
  sparkone: string
  folder: string
  /** Null where git says nothing of the folder. */
  git: {commit: string; branch: string | null; dirty: boolean} | null
  /** What `health` found; null when that was not known in time. */
  components: readonly Pick<Finding, 'subject' | 'status' | 'message'>[] | null
  files: FilesSummary
}

/** Returns the text of RESTORE.md of a set of files: how to get them back with tar and zstd alone. */
export function fileRecoverySteps(id: string, isEncrypted: boolean): string {
  return `# Recover the files of backup ${id} without sparkone

Needed: this folder, \`tar\`, \`zstd\` and \`sha256sum\`. Run the commands in this folder; as root, owners are restored too.

1. Check that the files are whole: compare \`sha256sum *\` with the values in \`manifest.json\`.
${isEncrypted ? decryptionStep : ''}2. Unpack them into a new folder.

   \`\`\`sh
   mkdir restored
   zstd --decompress --stdout files.tar.zst | tar --extract --file=- --directory=restored --preserve-permissions --numeric-owner
   \`\`\`

3. Check each file.

   \`\`\`sh
   cd restored && sha256sum --check --quiet ../files.sha256
   \`\`\`

4. Read in \`report.json\` which folder, commit and machine they come from, and whether something is missing.
`
}

const decryptionStep = `   Then decrypt them with the program age and the private key that is kept for that.

   \`\`\`sh
   age --decrypt --identity key.txt --output files.tar.zst files.tar.zst.age
   age --decrypt --identity key.txt --output files.sha256 files.sha256.age
   \`\`\`

`
