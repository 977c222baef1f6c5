/** An object as a listing shows it; `name` goes on where the folder of the project and environment ends. */
export interface SeenObject {
  name: string
  etag: string
  bytes: number
}

/**
 * A small object that was sound when it was read or written, with what it held as text: tens of thousands are passed on from file to file, and few of
 * them are looked into.
 */
export interface KnownObject extends SeenObject {
  json: string
}

const line = /^\{"name":"([^"\\]*)","etag":"([^"\\]*)","bytes":(\d+),"contents":(.*)\}$/

/** Returns objects as lines of JSON. */
export function linesOf(objects: readonly KnownObject[]): string {
  return objects.map(({name, etag, bytes, json}) => `${JSON.stringify({name, etag, bytes}).slice(0, -1)},"contents":${json}}\n`).join('')
}

/** Returns the objects in lines of JSON. What a run that died has cut is left out here or found when it is looked into, and fetched again. */
export function entriesIn(text: string): KnownObject[] {
  return text.split('\n').flatMap((each) => {
    const [, name, etag, bytes, json] = line.exec(each) ?? []
    return name === undefined || etag === undefined || json === undefined ? [] : [{name, etag, bytes: Number(bytes), json}]
  })
}
