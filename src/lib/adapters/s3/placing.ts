/** How objects are to be kept. */
export interface Placing {
  encryption: {algorithm: 'AES256' | 'aws:kms'; keyId: string | null} | null
  storageClass: string | null
  objectLock: {mode: 'governance' | 'compliance'; days: number} | null
}

/** Returns what a request says of how its object is to be kept: in the class, encrypted and locked as configured. */
export function placingOf(key: string, {encryption, storageClass, objectLock}: Placing, now: Date) {
  const kept = classFor(key, storageClass)
  return {
    ...(kept !== null && {StorageClass: kept as 'STANDARD'}),
    ...(encryption && {ServerSideEncryption: encryption.algorithm}),
    ...(encryption?.keyId && {SSEKMSKeyId: encryption.keyId}),
    ...(objectLock && {
      ObjectLockMode: objectLock.mode.toUpperCase() as 'GOVERNANCE' | 'COMPLIANCE',
      ObjectLockRetainUntilDate: new Date(now.getTime() + objectLock.days * 86_400_000),
    }),
  }
}

/** Classes whose objects take hours to become readable. */
const slowClasses = new Set(['GLACIER', 'DEEP_ARCHIVE'])

/** What a listing reads, and what somebody reads who has no sparkone, must be readable at once, whatever class the backup is in. */
function classFor(key: string, configured: string | null): string | null {
  const isReadAtOnce = /\.(?:json|jsonl\.zst|md)$/.test(key)
  return configured !== null && isReadAtOnce && slowClasses.has(configured) ? null : configured
}
