import {quoteIdentifier} from './identifier.ts'

/** Returns the script of `pg_dumpall --globals-only` without the making of `role`, for a server that has it from the start. */
export function withoutCreationOf(role: string, globals: string): string {
  const creations = [`CREATE ROLE ${role};`, `CREATE ROLE ${quoteIdentifier(role)};`]
  return globals
    .split('\n')
    .filter((line) => !creations.includes(line))
    .join('\n')
}
