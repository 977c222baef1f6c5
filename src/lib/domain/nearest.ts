/** Returns the candidate that `word` most likely meant, or null when none is near: at most a third of its letters differ. */
export function nearest(word: string, candidates: readonly string[]): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const ranked = candidates
    .map((candidate) => ({candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase())}))
    .filter(({distance}) => distance <= limit)
    .toSorted((a, b) => a.distance - b.distance)
  return ranked[0]?.candidate ?? null
}

/** Returns the id that `typed` most likely meant, which may be a part of its beginning or its end; null when more than two characters differ. */
export function nearestId(typed: string, ids: readonly string[]): string | null {
  const parts = ids.flatMap((id) => {
    const lengths = [typed.length, typed.length - 1, typed.length + 1].filter((length) => length > 3)
    return lengths.flatMap((length) => [id.slice(0, length), id.slice(-length)].map((part) => ({part, id})))
  })
  const near = parts
    .map(({part, id}) => ({id, distance: editDistance(typed.toLowerCase(), part.toLowerCase())}))
    .filter(({distance}) => distance <= 2)
    .toSorted((a, b) => a.distance - b.distance)
  return near[0]?.id ?? null
}

/** Returns the beginning of a hint that asks for a guess, or nothing without one. */
export function didYouMean(guess: string | null): string {
  return guess === null ? '' : `Did you mean ${guess}? `
}

/** Optimal string alignment: insertions, deletions, replacements and swaps of neighbours count one each. */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({length: to.length + 1}, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1]
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const cost = Math.min(last[column]! + 1, current[column - 1]! + 1, last[column - 1]! + (same ? 0 : 1))
      current.push(swapped ? Math.min(cost, beforeLast[column - 2]! + 1) : cost)
    }
    beforeLast = last
    last = current
  }
  return last[to.length]!
}
