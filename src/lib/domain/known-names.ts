/** Names that a shell can complete: what is written on this machine, so that no service is asked. */
export const nameKinds = ['backups', 'releases', 'references', 'runbooks', 'alerts', 'services', 'databases', 'places'] as const
export type NameKind = (typeof nameKinds)[number]

/** Returns the names that a shell takes as one word without quotes, each once, in their order; a name that could be anything else to it is left out. */
export function completable(names: readonly string[]): string[] {
  return [...new Set(names)].filter((name) => /^[\p{L}\p{N}_.][\p{L}\p{N}_.@:/+-]*$/u.test(name))
}
