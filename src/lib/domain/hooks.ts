export type HookName = 'before' | 'after' | 'failed' | 'finally'

/** Programs of the operator around a piece of work, word by word, and how long each may take. */
export type HookRules = Record<HookName, readonly string[] | null> & {limitMilliseconds: number}

/** What a hook is told; null where it is not known, or there is nothing to tell. */
export type HookFacts = Readonly<Record<string, string | number | null>>

/** Returns the facts as variables of the environment: `exitCode` becomes `SPARKONE_EXIT_CODE`, null an empty one. */
export function hookVariables(facts: HookFacts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`SPARKONE_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`, String(value ?? '')]),
  )
}
