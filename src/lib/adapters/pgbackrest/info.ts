import {z} from 'zod'
import {parseLocation} from '../../domain/lineage.ts'
import {physicalTypes, type PhysicalBackup, type PhysicalExpiry} from '../../domain/physical-backup.ts'
import type {ArchivedSegment} from '../../domain/wal-archive.ts'
import {OperatorError} from '../../errors.ts'

const seconds = z.number().transform((value) => new Date(value * 1000))
const database = z.object({id: z.number(), 'repo-key': z.number().optional()})
const segment = z.string().regex(/^[0-9A-F]{24}$/)

const backup = z.object({
  label: z.string(),
  type: z.enum(physicalTypes),
  error: z.boolean().nullish(),
  timestamp: z.object({start: seconds, stop: seconds}),
  archive: z.object({start: segment.nullable(), stop: segment.nullable()}),
  lsn: z.object({start: z.string(), stop: z.string()}).optional(),
  database,
  info: z.object({size: z.number(), repository: z.object({delta: z.number()})}),
})

const stanza = z.object({
  name: z.string(),
  status: z.object({code: z.number(), message: z.string()}),
  db: z.array(z.object({id: z.number(), 'repo-key': z.number().optional(), 'system-id': z.string(), version: z.string()})),
  archive: z.array(z.object({database, id: z.string()})),
  backup: z.array(backup),
  repo: z.array(z.object({key: z.number(), status: z.object({code: z.number(), message: z.string()})})).optional(),
})

export interface StanzaInfo {
  /** Oldest first, without proofs. */
  backups: Omit<PhysicalBackup, 'proof'>[]
  /** Folder in the archive that the present server writes to; null before it wrote anything. */
  archiveId: string | null
}

/** pgBackRest has no backup yet, which is no trouble for a list of them. */
const fineCodes = [0, 2]

/** Returns what `pgbackrest info --output=json` says of a stanza. Throws `notFound`, `denied` or `unreachable` with its own words where the repository cannot be read. */
export function readInfo(json: string, name: string, repository: number | undefined): StanzaInfo {
  const found = z
    .array(stanza)
    .parse(JSON.parse(withWholeIdentifiers(json)))
    .find((each) => each.name === name)
  if (!found) throw stanzaMissing(name)
  assertReadable(found, repository)
  const current = found.db.at(-1)
  const archive = found.archive.find((each) => current !== undefined && each.database.id === current.id)
  return {backups: found.backup.flatMap((each) => toBackup(each, found.db)), archiveId: archive?.id ?? null}
}

/** Returns the segments among the files that `pgbackrest repo-ls --recurse --output=json` lists. */
export function readSegments(json: string): ArchivedSegment[] {
  const files = z.record(z.string(), z.object({type: z.string(), time: z.number().optional()})).parse(JSON.parse(json))
  return Object.entries(files).flatMap(([path, {type, time}]) => {
    const [, name] = /(?:^|\/)([0-9A-F]{24})-[0-9a-f]{40}(?:\.\w+)?$/.exec(path) ?? []
    return type === 'file' && name !== undefined ? [{name, archivedAt: new Date((time ?? 0) * 1000)}] : []
  })
}

/** Returns what `pgbackrest expire --dry-run --log-level-console=info` says it would remove of a repository. */
export function readExpiry(log: string, repository: number): PhysicalExpiry {
  const setting = `repo${repository}-retention-full`
  const labels = [...log.matchAll(/repo(\d+): remove expired backup (\S+)/g)].flatMap(([, key, label = '']) =>
    Number(key) === repository ? [label] : [],
  )
  return {labels, setting, isSet: !log.includes(`'${setting}' is not set`)}
}

/** Identifiers of servers have more digits than a number of JavaScript can hold. */
function withWholeIdentifiers(json: string): string {
  return json.replaceAll(/"system-id":(\d+)/g, '"system-id":"$1"')
}

function assertReadable({name, status, repo = []}: z.output<typeof stanza>, repository: number | undefined): void {
  const own = repo.find(({key}) => key === repository)?.status ?? status
  if (fineCodes.includes(own.code)) return
  if (own.code === 1 || own.code === 3) throw stanzaMissing(name)
  const said = saidBy(own, repo)
  const kind = /Permission denied/.test(said) ? 'denied' : 'unreachable'
  throw new OperatorError(kind, `pgBackRest cannot read its repository: ${said}.`, {
    hint: `As the user that owns the repository: pgbackrest --stanza=${name} info`,
  })
}

/** `other` stands for what the repository says in more words. */
function saidBy({message}: {message: string}, repo: NonNullable<z.output<typeof stanza>['repo']>): string {
  return message === 'other' ? (repo[0]?.status.message ?? message) : message
}

function stanzaMissing(name: string): OperatorError {
  return new OperatorError('notFound', `The repository of pgBackRest holds no stanza ${name}.`, {
    hint: `As the user of the server: pgbackrest --stanza=${name} stanza-create`,
  })
}

function toBackup(entry: z.output<typeof backup>, databases: z.output<typeof stanza>['db']): Omit<PhysicalBackup, 'proof'>[] {
  const origin = databases.find(({id}) => id === entry.database.id)
  const {start, stop} = entry.archive
  // Taken with archiving switched off, it cannot be recovered by itself.
  if (!origin || start === null || stop === null) return []
  return [
    {
      label: entry.label,
      type: entry.type,
      startedAt: entry.timestamp.start,
      finishedAt: entry.timestamp.stop,
      databaseBytes: entry.info.size,
      storedBytes: entry.info.repository.delta,
      firstSegment: start,
      lastSegment: stop,
      consistentAt: parseLocation(entry.lsn?.stop ?? '0/0'),
      damaged: entry.error === true,
      majorVersion: Math.floor(Number.parseFloat(origin.version)),
      systemIdentifier: origin['system-id'],
    },
  ]
}
