/** Decides which paths below a folder are meant; paths are relative, with `/` between their parts. */
export interface PathPattern {
  text: string
  /** Whether the path is meant itself, or lies in a folder that is. */
  covers(path: string): boolean
  /** Whether something below the folder could be meant. */
  reaches(folder: string): boolean
}

/**
 * Returns what a pattern means: `*` stands for any characters of one name, `?` for one, `**` for any folders, `{a,b}` for either. A folder
 * that fits brings everything below it.
 */
export function pathPattern(text: string): PathPattern {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  const names = parts.map((part) => (part === '**' ? null : toExpression(part)))
  return {
    text,
    covers: (path) => follow(names, path.split('/')).covers,
    reaches: (folder) => {
      const {covers, reaches} = follow(names, folder.split('/'))
      return covers || reaches
    },
  }
}

type Names = readonly (RegExp | null)[]

/** Walks a path through the pattern, keeping every position that `**` allows. */
function follow(names: Names, path: readonly string[]): {covers: boolean; reaches: boolean} {
  let positions = settled(new Set([0]), names)
  for (const name of path) {
    // All of the pattern was met by a folder above, which brings everything below it.
    if (positions.has(names.length)) return {covers: true, reaches: true}
    positions = settled(advanced(positions, names, name), names)
  }
  return {covers: positions.has(names.length), reaches: positions.size > 0}
}

function advanced(positions: ReadonlySet<number>, names: Names, name: string): Set<number> {
  const next = new Set<number>()
  for (const position of positions) {
    const expected = names[position]
    if (expected === null) next.add(position)
    else if (expected?.test(name)) next.add(position + 1)
  }
  return next
}

/** `**` may stand for no folder at all. */
function settled(positions: Set<number>, names: Names): Set<number> {
  // A set that grows while it is walked is walked to its new end.
  for (const position of positions) if (names[position] === null) positions.add(position + 1)
  return positions
}

function toExpression(part: string): RegExp {
  let source = ''
  let depth = 0
  for (const character of part) {
    if (character === '*') source += '.*'
    else if (character === '?') source += '.'
    else if (character === '{') [source, depth] = [`${source}(?:`, depth + 1]
    else if (character === '}' && depth > 0) [source, depth] = [`${source})`, depth - 1]
    else if (character === ',' && depth > 0) source += '|'
    else source += character.replace(/[\\^$.+()|[\]{}]/, String.raw`\$&`)
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 'su')
}
