/** An object as a listing shows it; `name` goes on where the folder of the project and environment ends. */
export interface SeenObject {
  name: string
  etag: string
  bytes: number
}

/** A small object that was sound when it was read or written, with what it held. */
export interface KnownObject extends SeenObject {
  contents: unknown
}

/** Returns objects as lines of JSON. */
export function linesOf(objects: readonly KnownObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('')
}

/** Returns the objects in lines of JSON. A line that was cut by a run that died is left out: what it stood for is fetched again. */
export function entriesIn(text: string): KnownObject[] {
  return text.split('\n').flatMap((line) => objectIn(line))
}

function objectIn(line: string): KnownObject[] {
  if (line === '') return []
  try {
    const object = JSON.parse(line) as Partial<KnownObject>
    return typeof object.name === 'string' && 'contents' in object ? [object as KnownObject] : []
  } catch {
    return []
  }
}
