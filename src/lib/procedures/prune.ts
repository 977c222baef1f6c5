import type {Change} from '../change.ts'
import type {DockerContents} from '../domain/docker-contents.ts'
import {releaseTimes} from '../domain/prune-releases.ts'
import {confirmItems, decidePrune} from '../domain/prune.ts'
import type {KeptItem, PruneDecision, PruneItem, PrunePolicy} from '../domain/prune-plan.ts'
import {prunePlanId, prunePlanTime, wholeSecond} from '../domain/prune-plan-id.ts'
import {count, formatBytes, formatPercent} from '../domain/quantity.ts'
import {imagesToKeep, type Release} from '../domain/release.ts'
import {abortError, OperatorError} from '../errors.ts'
import type {FileSystem, Ports} from '../ports.ts'
import type {ReleaseFolder} from '../ports/release-files.ts'
import {planFolders, pruneFolder} from './prune-folders.ts'
import {keptDatabases, planDatabases, pruneDatabase, type DatabaseFacts} from './prune-databases.ts'

export interface PruneInput extends Omit<PrunePolicy, 'releaseImages' | 'releasedAt'> {
  /** Images of how many of the last good releases stay. */
  keepReleases: number
  /** How many of the databases stay that restores put aside. */
  keepDatabases: number
  /** Free space in percent; where every disk has as much, nothing is done. Null: whatever there is. */
  whenBelow: number | null
  /** Folders whose disks are watched beside that of Docker. */
  folders: readonly string[]
  /** Name of the plan that was shown earlier, which alone may be applied. */
  shown?: string
}

interface Facts {
  disks: readonly FileSystem[]
  /** Null where there is room enough and nothing was looked at. */
  contents: DockerContents | null
  /** Of every project and environment on the machine: they share the engine. */
  ledgers: readonly (readonly Release[])[]
  databases: DatabaseFacts
  folders: readonly ReleaseFolder[]
  now: number
}

export interface PrunePlan extends PruneDecision {
  summary: readonly string[]
  /** Its name; null where nothing was looked at. */
  id: string | null
  /** There is room enough, and nothing was looked at. */
  isEnough: boolean
  before: readonly FileSystem[]
  /** The database that the kept ones belong to; null where none go. */
  database: string | null
  /** What could not be looked at. */
  notes: readonly string[]
  input: PruneInput
  policy: PrunePolicy
  now: number
}

export interface PruneResult {
  removed: readonly PruneItem[]
  /** What has changed since the plan was made, and what is gone by itself. */
  left: readonly {item: PruneItem; reason: string}[]
  failed: readonly {item: PruneItem; reason: string}[]
  after: readonly FileSystem[]
}

/** Removes what Docker and restores have left behind and nothing uses, exactly what the plan names; never a volume. */
export const prune: Change<PruneInput, Facts, PrunePlan, PruneResult> = {
  name: 'prune',
  touches: 'backups',

  async gather(input, ports) {
    await using docker = await ports.docker()
    const disks = await disksOf(await docker.folder(), input, ports)
    const now = momentOf(input, ports)
    if (isEnough(disks, input.whenBelow)) return {disks, contents: null, ledgers: [], databases: {kept: null, note: null}, folders: [], now}
    return {
      disks,
      contents: await ports.progress.step('See what Docker has', () => docker.contents()),
      ledgers: await (await ports.releases()).everyLedger(),
      databases: await keptDatabases(ports),
      folders: await (await ports.releaseFiles()).folders(),
      now,
    }
  },

  plan({disks, contents, ledgers, databases, folders, now}, input) {
    const policy: PrunePolicy = {
      ...input,
      releaseImages: new Set(ledgers.flatMap((releases) => [...imagesToKeep(releases, input.keepReleases)])),
      releasedAt: releaseTimes(ledgers, now),
    }
    const decision = contents === null ? {items: [], kept: [], volumes: []} : decidePrune(contents, policy, now)
    const others = planDatabases(databases, input, now)
    const files = planFolders(folders, input, now)
    const items = [...decision.items, ...files.items, ...others.items]
    const common = {items, kept: [...decision.kept, ...files.kept, ...others.kept], volumes: decision.volumes, notes: others.notes}
    const id = contents === null ? null : prunePlanId(items, now)
    if (id !== null) assertShown(id, input)
    return {
      ...common,
      id,
      summary: contents === null ? [`there is room enough: ${roomOf(disks)}`] : summarize(items, common.kept, others.notes),
      isEnough: contents === null,
      before: disks,
      database: others.items.length > 0 ? others.database : null,
      input,
      policy,
      now,
    }
  },

  question({items}) {
    if (items.length === 0) return null
    return `Remove ${count(items.length, 'item')} (${formatBytes(bytesOf(items))}) for good?`
  },

  typed({database}) {
    return database ?? undefined
  },

  async apply(plan, ports) {
    if (plan.items.length === 0) return {removed: [], left: [], failed: [], after: plan.before}
    await using docker = await ports.docker()
    const isOfDocker = ({kind}: PruneItem) => kind !== 'database' && kind !== 'release files'
    // The same decision for the same moment, over what is there now: whatever it would keep has changed since.
    const {go, left} = confirmItems(plan.items.filter(isOfDocker), decidePrune(await docker.contents(), plan.policy, plan.now))
    const outcome = {removed: [] as PruneItem[], left, failed: [] as PruneResult['failed'][number][]}
    const remove = (item: PruneItem) => {
      if (item.kind === 'database') return pruneDatabase(item, ports)
      return item.kind === 'release files' ? pruneFolder(item, ports) : docker.remove(item)
    }
    for (const item of [...go, ...plan.items.filter((each) => !isOfDocker(each))]) {
      if (ports.signal.aborted) throw abortError(ports.signal)
      const refusal = await ports.progress.step(`Remove ${item.kind} ${item.name}`, () => remove(item))
      if (refusal === null) outcome.removed.push(item)
      else outcome[refusal.why === 'used' ? 'left' : 'failed'].push({item, reason: refusal.message})
    }
    return {...outcome, after: await disksOf(await docker.folder(), plan.input, ports)}
  },
}

/** Returns the sum of what each gives back by itself. */
export function bytesOf(items: readonly {bytes: number}[]): number {
  return items.reduce((sum, {bytes}) => sum + bytes, 0)
}

/** Returns the moment that things are judged for: now, or that of the plan that was shown, so that what has come since is not in it. Throws `usage`. */
function momentOf({shown}: PruneInput, {clock}: Ports): number {
  const now = wholeSecond(clock.now().getTime())
  if (shown === undefined) return now
  const time = prunePlanTime(shown)
  if (time !== null && time <= now) return time
  throw new OperatorError('usage', `--plan ${shown} is no plan of prune.`, {
    hint: 'sparkone prune --dry-run shows what would go, and the name of that plan.',
  })
}

/** Throws `refused` unless this is the plan that was shown. */
function assertShown(id: string, {shown}: PruneInput): void {
  if (shown === undefined || shown === id) return
  throw new OperatorError('refused', `What would be removed is no longer what plan ${shown} showed; nothing was removed.`, {
    hint: 'Something in it has changed or is gone, or the settings are others: look again with sparkone prune --dry-run.',
  })
}

async function disksOf(folder: string | null, {folders}: PruneInput, ports: Ports): Promise<FileSystem[]> {
  return (await ports.machine()).fileSystems([...(folder === null ? [] : [folder]), ...folders])
}

function isEnough(disks: readonly FileSystem[], whenBelow: number | null): boolean {
  return whenBelow !== null && disks.every((disk) => freePercent(disk) >= whenBelow)
}

function roomOf(disks: readonly FileSystem[]): string {
  return disks.map((disk) => `${formatPercent(freePercent(disk))} of ${disk.path} is free`).join(', ')
}

function summarize(items: readonly PruneItem[], kept: readonly KeptItem[], notes: readonly string[]): string[] {
  return [
    ...items.map(({kind, name, bytes, reason}) => `remove ${kind} ${name} (${formatBytes(bytes)}): ${reason}`),
    `keep ${count(kept.length, 'other item')}, and every volume`,
    ...notes,
  ]
}

function freePercent({freeBytes, totalBytes}: FileSystem): number {
  return totalBytes === 0 ? 0 : (freeBytes / totalBytes) * 100
}
