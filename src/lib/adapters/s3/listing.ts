import {ListObjectsV2Command, type ListObjectsV2Output} from '@aws-sdk/client-s3'
import type {OffsiteCopy} from '../../ports.ts'
import type {Connection} from './connection.ts'
import {bare} from './received.ts'
import {withObjectsRead} from './listing-answer.ts'

export interface ListedObject {
  key: string
  bytes: number
  etag: string
  at: Date
}

export const idPattern = /^\d{8}T\d{6}Z-[0-9a-f]{6}$/

/** Ranges of time that a long listing is read in side by side: a store gives 1,000 names an answer, one answer after the other. */
const ranges = 12

/**
 * Returns every object below `root/`, whose names go on with a UTC time such as `20261122T095645Z`. What does not fit in one answer is read in
 * ranges of that time, several at once.
 */
export async function listObjects(connection: Connection, bucket: string, root: string): Promise<ListedObject[]> {
  const read = (startAfter: string | null) =>
    readPage(connection, bucket, {Prefix: `${root}/`, ...(startAfter !== null && {StartAfter: startAfter})})
  const {objects: found, more} = await read(null)
  if (!more || found.length === 0) return found
  const last = found.at(-1)!.key
  const borders = bordersBetween(last, root, connection.clock.now())
  const rest = await Promise.all(borders.map((border, index) => readRange(read, border, borders[index + 1] ?? null)))
  return [...found, ...rest.flat()]
}

/** Returns the files of each set, by id and name, oldest set first; what is not in the folder of a set is left out. */
export function filesBySet(objects: readonly ListedObject[], root: string): Map<string, Map<string, ListedObject>> {
  const sets = new Map<string, Map<string, ListedObject>>()
  for (const object of objects) {
    const [id = '', name = '', ...deeper] = object.key.slice(root.length + 1).split('/')
    if (!idPattern.test(id) || name === '' || deeper.length > 0) continue
    const files = sets.get(id) ?? new Map<string, ListedObject>()
    sets.set(id, files.set(name, object))
  }
  return sets
}

/** Returns what a listing tells of a copy. */
export function toCopy(id: string, files: ReadonlyMap<string, ListedObject>): OffsiteCopy {
  return {
    id,
    complete: files.has('manifest.json'),
    members: [...files].map(([name, {bytes, etag}]) => ({name, bytes, etag})),
    proofAt: files.get('proof.json')?.at ?? null,
    marksAt: files.get('marks.json')?.at ?? null,
    newestAt: new Date(Math.max(...[...files.values()].map(({at}) => at.getTime()))),
  }
}

interface Page {
  objects: ListedObject[]
  more: boolean
}

async function readPage(connection: Connection, bucket: string, range: {Prefix: string; StartAfter?: string}): Promise<Page> {
  return connection.run('list its objects', async (client, options) => {
    let taken: ListedObject[] = []
    const command = withObjectsRead(new ListObjectsV2Command({Bucket: bucket, ...range}), (objects) => (taken = objects))
    const answer = await client.send(command, options)
    return {objects: [...taken, ...objectsOf(answer)], more: answer.IsTruncated === true}
  })
}

async function readRange(read: (startAfter: string) => Promise<Page>, after: string, until: string | null): Promise<ListedObject[]> {
  const found: ListedObject[] = []
  for (let position = after; ;) {
    const {objects, more} = await read(position)
    found.push(...objects.filter(({key}) => until === null || key <= until))
    const last = objects.at(-1)?.key
    if (!more || last === undefined || (until !== null && last > until)) return found
    position = last
  }
}

function objectsOf({Contents = []}: ListObjectsV2Output): ListedObject[] {
  return Contents.map(({Key = '', Size = 0, ETag, LastModified}) => ({
    key: Key,
    bytes: Size,
    etag: bare(ETag),
    at: LastModified ?? new Date(0),
  }))
}

/** Returns where each range begins; the first goes on after `last`, the final one has no end, so that a wrong clock hides nothing. */
function bordersBetween(last: string, root: string, now: Date): string[] {
  const reached = timeIn(last.slice(root.length + 1))
  if (reached === null || reached >= now.getTime()) return [last]
  const step = (now.getTime() - reached) / ranges
  const inner = Array.from({length: ranges - 1}, (_, index) => `${root}/${compact(new Date(reached + step * (index + 1)))}`)
  return [last, ...inner.filter((border) => border > last)]
}

function timeIn(name: string): number | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z/.exec(name)
  if (!match) return null
  const [, year, month, day, hour, minute, second] = match
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}

function compact(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '')
}
