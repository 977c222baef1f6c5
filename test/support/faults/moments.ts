/** Returns moments in milliseconds that are spread evenly over a duration, each moved by chance within its share; the same seed gives the same ones. */
export function spreadMoments(count: number, duration: number, seed: number): number[] {
  const random = generator(seed)
  return Array.from({length: count}, (_, index) => Math.round(((index + random()) / count) * duration))
}

/** mulberry32, by Tommy Ettinger; numbers from 0 to 1, the same ones for the same seed. */
export function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
