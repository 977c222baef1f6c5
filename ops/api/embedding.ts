export const dimensions = 32

/** Returns a unit vector of 32 numbers: the same text gives the same vector, and texts that share words lie close together. */
export function embed(text: string): number[] {
  const sum = sumOfWords(text)
  const length = Math.hypot(...sum)
  return length === 0 ? embed('nothing') : sum.map((value) => value / length)
}

/** Returns the sum of the vectors of the words, so that the sums of two texts add up to the sum of both. */
export function sumOfWords(text: string): number[] {
  const sum: number[] = Array.from({length: dimensions}, () => 0)
  for (const word of text.toLowerCase().match(/[\p{Letter}\p{Number}]{3,}/gu) ?? []) {
    for (const [index, value] of vectorOfWord(word).entries()) sum[index] = sum[index]! + value
  }
  return sum
}

/** Returns the text form that pgvector reads. */
export function toVectorLiteral(vector: readonly number[]): string {
  return `[${vector.join(',')}]`
}

// FNV-1a makes a number of the word and xorshift stretches it to 32 numbers between -1 and 1.
function vectorOfWord(word: string): number[] {
  let state = 0x811c9dc5
  for (const character of word) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193)
  return Array.from({length: dimensions}, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state / 0x80000000
  })
}
