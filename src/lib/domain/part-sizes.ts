const mebibyte = 1024 ** 2

/** Limits of S3: parts of one upload, bytes of one part, bytes of one object. Stores that speak S3 have the same or wider ones. */
export const maximumParts = 10_000
const maximumPartBytes = 5 * 1024 ** 3
export const maximumObjectBytes = 5 * 1024 ** 4

/** As little in memory as lets 10,000 parts grow to the largest object there can be; with the 5 MiB that S3 asks for they would not. */
const smallest = 6 * mebibyte
/** Parts of equal size; some stores want them all equal, so growing is for what turned out much larger than foretold. */
const equalParts = 5000
const doublesEvery = 500
/** Bytes that may be on their way at once, whatever the size of a part. */
const inFlightBytes = 64 * mebibyte

/** Returns the bytes of the first part: `chosen`, or enough that what is expected fits into parts of equal size. */
export function firstPartBytes(expectedBytes: number | null, chosen: number | null = null): number {
  const needed = Math.ceil((expectedBytes ?? 0) / equalParts / mebibyte) * mebibyte
  return Math.min(maximumPartBytes, Math.max(chosen ?? smallest, needed))
}

/** Returns the bytes of a part, counted from 1: equal at first, then growing so that 10,000 parts hold the largest object there can be. */
export function partBytes(number: number, first: number): number {
  return Math.min(maximumPartBytes, first * growthOf(number))
}

/** Returns how large the first part was, given any other than the last. */
export function firstPartFrom(number: number, bytes: number): number {
  return Math.round(bytes / growthOf(number))
}

/** Returns how many parts may be on their way at once. */
export function partsInFlight(bytesOfPart: number, concurrency: number): number {
  return Math.max(1, Math.min(concurrency, Math.floor(inFlightBytes / bytesOfPart)))
}

function growthOf(number: number): number {
  return 2 ** Math.max(0, Math.ceil((number - equalParts) / doublesEvery))
}
