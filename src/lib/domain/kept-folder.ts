/** A data folder that a restore put aside. */
export interface KeptFolder {
  path: string
  at: Date
}

/** Returns the last part of a path. */
export function folderName(path: string): string {
  return parts(path)[1]
}

/** Returns the name for the live folder that a restore puts aside; times are in UTC. */
export function keptFolderName(live: string, at: Date): string {
  return `${live}_before_${compact(at)}`
}

/** Returns the name for a folder that is being recovered into. */
export function recoveringFolderName(live: string, shortId: string): string {
  return `${live}_recovering_${shortId}`
}

/** Returns the name for a folder that was recovered and proven. */
export function recoveredFolderName(live: string, at: Date): string {
  return `${live}_recovered_${compact(at)}`
}

/** Returns the folders that restores put aside, among the names beside the live one; newest first. */
export function keptFolders(live: string, siblings: readonly string[]): KeptFolder[] {
  const [parent, base] = parts(live)
  const kept = siblings.flatMap((name) => {
    const at = name.startsWith(`${base}_before_`) ? timeOf(name.slice(`${base}_before_`.length)) : null
    return at === null ? [] : [{path: `${parent}${name}`, at}]
  })
  return kept.toSorted((one, other) => other.at.getTime() - one.at.getTime())
}

/** Returns the folders that recoveries left which did not come to their end. */
export function unfinishedFolders(live: string, siblings: readonly string[]): string[] {
  const [parent, base] = parts(live)
  return siblings
    .filter((name) => name.startsWith(`${base}_recovering_`) && /^[0-9a-f]{6}$/.test(name.slice(`${base}_recovering_`.length)))
    .map((name) => `${parent}${name}`)
}

function parts(path: string): [parent: string, base: string] {
  const end = path.lastIndexOf('/') + 1
  return [path.slice(0, end), path.slice(end)]
}

/** Returns a UTC time as `20261122T095645Z`. */
function compact(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, '')
}

function timeOf(text: string): Date | null {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text) ?? []
  return year === undefined ? null : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
