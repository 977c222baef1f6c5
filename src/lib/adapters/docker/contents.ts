import {stat} from 'node:fs/promises'
import {join} from 'node:path'
import type {z} from 'zod'
import type {CacheRecord, DockerContainer, DockerContents, DockerImage, DockerNetwork} from '../../domain/docker-contents.ts'
import {OperatorError} from '../../errors.ts'
import type {Clock} from '../../ports.ts'
import type {EngineConnection, EngineReply} from './connection.ts'
import {containerDetails, diskUse, engineInfo, imageDetails, imageList, networkList, refusal} from './schemas.ts'

const attempts = 60
const pauseMilliseconds = 500

/** Returns what the engine has on its disk. `folder` is where it lies, or null on another machine. */
export async function readContents(engine: EngineConnection, clock: Clock, folder: string | null): Promise<DockerContents> {
  const use = await readDiskUse(engine, clock)
  const shared = new Map((use.Images ?? []).map(({Id, Size, SharedSize}) => [Id, Math.max(Size - Math.max(SharedSize, 0), 0)]))
  const images: DockerImage[] = []
  for (const {Id} of await read(engine, '/images/json?all=1', imageList)) {
    const details = await readIfThere(engine, `/images/${Id}/json`, imageDetails)
    if (details) images.push(await toImage(details, shared.get(Id), folder))
  }
  const containers: DockerContainer[] = []
  for (const container of use.Containers ?? []) {
    const details = await readIfThere(engine, `/containers/${container.Id}/json`, containerDetails)
    if (details) containers.push(toContainer(container, details))
  }
  const networks = await read(engine, '/networks', networkList)
  return {
    images,
    containers,
    networks: networks.map(toNetwork),
    volumes: (use.Volumes ?? []).map(({Name, UsageData}) => ({name: Name, bytes: measured(UsageData?.Size)})),
    cache: (use.BuildCache ?? []).map(toCacheRecord),
  }
}

/** Returns the folder of the engine, or null when it is that of another machine. */
export async function readFolder(engine: EngineConnection, machine: string): Promise<string | null> {
  const {DockerRootDir, Name} = await read(engine, '/info', engineInfo)
  return Name === machine ? DockerRootDir : null
}

/** Returns the names and digests of an image, or null when it is gone. */
export async function namesOfImage(engine: EngineConnection, id: string): Promise<string[] | null> {
  const details = await readIfThere(engine, `/images/${id}/json`, imageDetails)
  return details && [...details.RepoTags, ...details.RepoDigests]
}

/** Returns what the engine said when it refused. */
export function messageOf({status, body}: EngineReply): string {
  const said = refusal.safeParse(body)
  return said.success ? said.data.message : `it answered with ${status}`
}

async function readDiskUse(engine: EngineConnection, clock: Clock): Promise<z.infer<typeof diskUse>> {
  for (let attempt = 1; ; attempt += 1) {
    const reply = await engine.ask('GET', '/system/df')
    if (reply.status === 200) return diskUse.parse(reply.body)
    // Some engines measure for one caller at a time.
    if (attempt === attempts || !/already running/.test(messageOf(reply))) throw unreadable('/system/df', reply)
    await clock.sleep(pauseMilliseconds)
  }
}

async function read<Value>(engine: EngineConnection, path: string, schema: z.ZodType<Value>): Promise<Value> {
  const reply = await engine.ask('GET', path)
  if (reply.status !== 200) throw unreadable(path, reply)
  return schema.parse(reply.body)
}

/** Between two questions things come and go. */
async function readIfThere<Value>(engine: EngineConnection, path: string, schema: z.ZodType<Value>): Promise<Value | null> {
  const reply = await engine.ask('GET', path)
  if (reply.status === 404) return null
  if (reply.status !== 200) throw unreadable(path, reply)
  return schema.parse(reply.body)
}

function unreadable(path: string, reply: EngineReply): OperatorError {
  return new OperatorError('unreachable', `The Docker Engine does not tell what it has (${path}): ${messageOf(reply)}`, {
    hint: 'docker system df',
  })
}

async function toImage(details: z.infer<typeof imageDetails>, bytes: number | undefined, folder: string | null): Promise<DockerImage> {
  const {Id, RepoTags, RepoDigests, Parent, Size, Metadata} = details
  const taggedAt = timeOf(Metadata?.LastTagTime)
  const writtenAt = folder === null ? null : await writtenTime(folder, Id)
  const known = [taggedAt, writtenAt].filter((time) => time !== null)
  return {
    id: Id,
    names: RepoTags,
    digests: RepoDigests,
    arrivedAt: known.length === 0 ? null : Math.max(...known),
    bytes: bytes ?? Size,
    parent: Parent === undefined || Parent === '' ? null : Parent,
  }
}

/** Docker notes no time of a pull, but writes the description of the image then. */
async function writtenTime(folder: string, id: string): Promise<number | null> {
  try {
    return (await stat(join(folder, 'image/overlay2/imagedb/content/sha256', id.replace('sha256:', '')))).mtimeMs
  } catch {
    // Another storage driver, or no permission: then only the time of its last name tells.
    return null
  }
}

type Listed = NonNullable<z.infer<typeof diskUse>['Containers']>[number]

function toContainer(listed: Listed, {Created, State, HostConfig}: z.infer<typeof containerDetails>): DockerContainer {
  const {Id, Names, ImageID, Labels} = listed
  const isRunning = listed.State === 'running'
  return {
    id: Id,
    name: Names[0]?.replace(/^\//, '') ?? Id.slice(0, 12),
    image: ImageID,
    state: listed.State,
    createdAt: timeOf(Created) ?? listed.Created * 1000,
    endedAt: isRunning ? null : timeOf(State.FinishedAt),
    bytes: listed.SizeRw ?? 0,
    ...placeInCompose(Labels),
    restarts: !['', 'no'].includes(HostConfig.RestartPolicy?.Name ?? ''),
    volumes: volumesOf(listed),
    networks: networksOf(listed),
  }
}

function placeInCompose(labels: Readonly<Record<string, string>>): Pick<DockerContainer, 'project' | 'service' | 'isOneOff'> {
  return {
    project: labels['com.docker.compose.project'] ?? null,
    service: labels['com.docker.compose.service'] ?? null,
    isOneOff: labels['com.docker.compose.oneoff']?.toLowerCase() === 'true',
  }
}

function volumesOf({Mounts}: Listed): string[] {
  return (Mounts ?? []).flatMap(({Type, Name}) => (Type === 'volume' && Name !== undefined ? [Name] : []))
}

function networksOf({NetworkSettings}: Listed): string[] {
  return Object.entries(NetworkSettings?.Networks ?? {}).flatMap(([name, {NetworkID}]) => [name, NetworkID])
}

function toNetwork({Id, Name, Created, Scope, Ingress, Labels}: z.infer<typeof networkList>[number]): DockerNetwork {
  return {
    id: Id,
    name: Name,
    createdAt: Date.parse(Created),
    project: Labels['com.docker.compose.project'] ?? null,
    isFixed: ['bridge', 'host', 'none'].includes(Name) || Scope !== 'local' || Ingress === true,
  }
}

function toCacheRecord(record: NonNullable<z.infer<typeof diskUse>['BuildCache']>[number]): CacheRecord {
  const {ID, Description, Size, Shared, InUse, CreatedAt, LastUsedAt, Parent, Parents} = record
  return {
    id: ID,
    description: Description.trim(),
    bytes: Size,
    isShared: Shared,
    isInUse: InUse,
    usedAt: timeOf(LastUsedAt) ?? timeOf(CreatedAt) ?? 0,
    parents: Parents ?? (Parent === undefined || Parent === '' ? [] : [Parent]),
  }
}

/** Docker writes the first second of the calendar for never. */
function timeOf(text: string | null | undefined): number | null {
  const time = text ? Date.parse(text) : Number.NaN
  return Number.isNaN(time) || time <= 0 ? null : time
}

/** Docker writes -1 for what it did not measure. */
function measured(bytes: number | undefined): number | null {
  return bytes === undefined || bytes < 0 ? null : bytes
}
