import {isRowsMember, type Manifest, type Member, type MemberName} from './backup-set.ts'

/** What the manifest says of a dump that was compressed around, since its `pg_dump` knows gzip alone. */
export const outsideCompression = 'zstd:outside'

/** Returns the name of the member that a dump goes into. */
export function dumpMemberName(compression: string): MemberName {
  return compression === outsideCompression ? 'database.dump.zst' : 'database.dump'
}

/** Returns the name of the member that the rows of some tables go into; `number` counts from 1. */
export function rowsMemberName(number: number, compression: string): MemberName {
  return compression === outsideCompression ? `rows-${number}.dump.zst` : `rows-${number}.dump`
}

/** Returns the member that holds the dump, encrypted or not. */
export function dumpMember({members}: Pick<Manifest, 'members'>): Member | undefined {
  return members.find(({name}) => name.startsWith('database.dump'))
}

/** Returns the bytes of the dump, with the rows that lie in members of their own. */
export function dumpBytes({members}: Pick<Manifest, 'members'>): number {
  return members.filter(({name}) => name.startsWith('database.dump') || isRowsMember(name)).reduce((total, {bytes}) => total + bytes, 0)
}

/** Returns the name that the dump of a set is asked for by, to get it decrypted. */
export function plainDumpName(manifest: Pick<Manifest, 'members'>): MemberName {
  return (dumpMember(manifest)?.name.replace(/\.age$/, '') ?? 'database.dump') as MemberName
}

/** Returns how many bytes the dump of a set has as `pg_restore` reads it, or more; null where there is none. */
export function archiveBytes(manifest: Pick<Manifest, 'members' | 'tool' | 'databaseBytes'>): number | null {
  // What was compressed around is hardly ever larger than the database itself, which has its indexes, too.
  if (manifest.tool.compression === outsideCompression) return manifest.databaseBytes
  return dumpMember(manifest) ? dumpBytes(manifest) : null
}
