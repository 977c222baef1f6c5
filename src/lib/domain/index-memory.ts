const mebibyte = 1024 ** 2

/** Beyond this, index builds gain little (PostgreSQL documentation, maintenance_work_mem; pgvector, index build time). */
const most = 1024 * mebibyte
/** What PostgreSQL takes unless told. */
const least = 64 * mebibyte

/** What index builds may take in all: of the memory, which the data is cached in as well, and of the shared memory, which they are not alone in. */
const shareOfMemory = 1 / 4
const shareOfShared = 3 / 4

/** Returns the bytes of shared memory that a throw-away server gets of the memory it may use, null for all of the machine's. */
export function sharedMemoryOf(memoryBytes: number | null): number {
  return memoryBytes === null ? most : Math.min(most, Math.floor(memoryBytes / 2))
}

/**
 * Returns the `maintenance_work_mem` in bytes for a restore by several processes at once. A graph of vectors that does not fit into it is built many
 * times as slowly, and processes that build it together need that much of shared memory.
 */
export function indexMemoryOf({memoryBytes, sharedBytes}: {memoryBytes: number; sharedBytes: number}, jobs: number): number {
  const inAll = Math.min(memoryBytes * shareOfMemory, sharedBytes * shareOfShared)
  return Math.floor(Math.min(most, Math.max(least, inAll / jobs)))
}
