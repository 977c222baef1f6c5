import type {Change} from '../change.ts'
import {backupId, newestFirst, totalBytes, type BackupSet, type Member} from '../domain/backup-set.ts'
import type {RecipientConfirmation} from '../domain/encryption.ts'
import {archiveDifference, checksumLines, isFileSet, type ArchivedEntry, type FileSet} from '../domain/file-archive.ts'
import {fileRecoverySteps, filesManifest, summariseFiles, type ProjectReport} from '../domain/file-manifest.ts'
import type {HealthInput} from '../domain/health.ts'
import type {CopyOutcome} from '../domain/offsite.ts'
import {count, formatBytes} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, SetDraft} from '../ports.ts'
import type {FoundFiles, PackedFiles} from '../ports/project-files.ts'
import {reportHealth} from './health.ts'
import {metered} from './metered.ts'
import {assertDecryptable, assertRoom, makeSet} from './new-set.ts'
import {fromText} from './text.ts'

export interface BackupFilesInput {
  tags: readonly string[]
  /** What to look at for the report. */
  health: HealthInput
}

interface Facts {
  id: string
  startedAt: Date
  folder: string
  found: FoundFiles
  freeBytes: number
  location: string
  earlier: readonly BackupSet[]
  keys: readonly RecipientConfirmation[]
}

export interface BackupFilesPlan extends BackupFilesInput {
  summary: readonly string[]
  id: string
  startedAt: Date
  found: FoundFiles
  isEncrypted: boolean
  expectedBytes: number
}

export interface BackupFilesResult {
  set: FileSet
  copies: readonly CopyOutcome[]
  seconds: {pack: number; readBack: number; total: number}
}

/** Room beyond what the last archive took. */
const spaceMargin = 1.2
/** The report must not hold up the backup. */
const healthMilliseconds = 2000

/** Packs files of the project into a new set, reads the archive back in full and only then makes the set visible. */
export const backupFiles: Change<BackupFilesInput, Facts, BackupFilesPlan, BackupFilesResult> = {
  name: 'backup files',
  touches: 'backups',

  async gather(_input, ports) {
    const [files, store] = [await ports.projectFiles(), await ports.store()]
    const startedAt = ports.clock.now()
    return {
      id: backupId(startedAt, ports.random.shortId()),
      startedAt,
      folder: files.folder,
      found: await ports.progress.step(`Look for files in ${files.folder}`, () => files.find()),
      freeBytes: await store.freeBytes(),
      location: store.location,
      earlier: newestFirst(await store.list()),
      keys: await (await ports.encryption()).confirmations(),
    }
  },

  plan({id, startedAt, folder, found, freeBytes, location, earlier, keys}, input) {
    assertDecryptable(keys)
    const files = found.entries.filter(({type}) => type === 'file')
    if (files.length === 0) throw emptyError(folder, found)
    const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
    const expected = expectedBytes(bytes, earlier)
    assertRoom(expected, {freeBytes, location})
    const summary = [
      `pack ${count(files.length, 'file')} (${formatBytes(bytes)}) of ${folder} into ${location}/${id}`,
      'read the stored bytes back in full and compare every file',
      `at most ${formatBytes(expected)} needed, ${formatBytes(freeBytes)} free`,
    ]
    return {...input, summary, id, startedAt, found, isEncrypted: keys.length > 0, expectedBytes: expected}
  },

  apply(plan, ports) {
    return makeSet(plan, (draft) => fill(draft, plan, ports), ports)
  },
}

function emptyError(folder: string, {problems}: FoundFiles): OperatorError {
  return new OperatorError('refused', `There is no file to back up in ${folder}.`, {
    details: problems.map(({path, message}) => `${path}: ${message}`),
    hint: 'sparkone config shows backup.files.folder and backup.files.include.',
  })
}

function expectedBytes(bytes: number, earlier: readonly BackupSet[]): number {
  const previous = earlier.find(isFileSet)
  if (!previous || previous.manifest.files.bytes === 0) return bytes
  return Math.round((totalBytes(previous.manifest) / previous.manifest.files.bytes) * bytes * spaceMargin)
}

async function fill(draft: SetDraft, plan: BackupFilesPlan, ports: Ports): Promise<Omit<BackupFilesResult, 'copies'>> {
  const {clock, progress} = ports
  const begin = clock.elapsed()
  const components = componentsOf(plan.health, ports)
  const {packed, member} = await pack(draft, plan, ports)
  const packedAt = clock.elapsed()
  await progress.step('Read the stored bytes back', () => readBack(draft, member, packed.stored, ports))
  const readBackAt = clock.elapsed()
  const checksums = await draft.write('files.sha256', fromText(checksumLines(packed.stored).join('')))
  const report = await describe(plan, packed, await components, ports)
  const written = await draft.write('report.json', fromText(`${JSON.stringify(report, null, 2)}\n`))
  const steps = await draft.write('RESTORE.md', fromText(fileRecoverySteps(plan.id, plan.isEncrypted)))
  const {project, environment, version} = ports.settings
  const set = await draft.publish(
    filesManifest({
      id: plan.id,
      project,
      environment,
      version,
      startedAt: plan.startedAt.toISOString(),
      finishedAt: clock.now().toISOString(),
      files: report.files,
      tags: plan.tags,
      members: [member, checksums, written, steps],
    }),
  )
  const seconds = {pack: (packedAt - begin) / 1000, readBack: (readBackAt - packedAt) / 1000, total: (clock.elapsed() - begin) / 1000}
  return {set: set as FileSet, seconds}
}

async function pack(draft: SetDraft, {found}: BackupFilesPlan, ports: Ports): Promise<{packed: PackedFiles; member: Member}> {
  const files = await ports.projectFiles()
  const packed = files.pack(found.entries)
  const member = await ports.progress.step(`Pack ${files.folder}`, (report) =>
    draft.write('files.tar.zst', metered(packed.bytes, {clock: ports.clock, report})),
  )
  if (packed.stored.some(({type}) => type === 'file')) return {packed, member}
  throw new OperatorError('denied', 'Not one of the files could be read.', {
    details: packed.problems.slice(0, 5).map(({path, message}) => `${path}: ${message}`),
    hint: `Run as a user that may read ${files.folder}.`,
  })
}

async function readBack(draft: SetDraft, member: Member, stored: readonly ArchivedEntry[], ports: Ports): Promise<void> {
  const read = await (await ports.projectFiles()).list(draft.read(member))
  const difference = archiveDifference(stored, read)
  if (difference === null) return
  throw new OperatorError('corrupt', `The archive is not what was written: ${difference}.`, {hint: 'Run sparkone backup --files again.'})
}

async function describe(
  {id, startedAt, found}: BackupFilesPlan,
  packed: PackedFiles,
  components: ProjectReport['components'],
  ports: Ports,
): Promise<ProjectReport> {
  const files = await ports.projectFiles()
  const {folder, include, exclude} = files
  const {actor, project, environment, version} = ports.settings
  const [user = '', host = ''] = actor.split('@')
  return {
    format: 1,
    id,
    takenAt: startedAt.toISOString(),
    host,
    user,
    project,
    environment,
    sparkone: version,
    folder,
    git: await files.revision(),
    components,
    files: summariseFiles(packed.stored, {folder, include, exclude, problems: [...found.problems, ...packed.problems]}),
  }
}

/** A stack that does not answer is no reason to lose the backup of its files. */
async function componentsOf(input: HealthInput, ports: Ports): Promise<ProjectReport['components']> {
  try {
    const timeoutMilliseconds = Math.min(input.timeoutMilliseconds, healthMilliseconds)
    const {findings} = await reportHealth({...input, timeoutMilliseconds}, ports)
    return findings.map(({subject, status, message}) => ({subject, status, message}))
  } catch {
    // An interruption ends the packing beside it, which says so.
    return null
  }
}
