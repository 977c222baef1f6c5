import type {Reason} from '../../../src/lib/domain/retention-policy.ts'

/** For one policy: by rule, the places of the backups that it keeps. */
export type Kept = Record<string, number[]>

/**
 * Returns the reasons of each backup turned round, as restic's are noted. That the very oldest is kept while a count is not used up is
 * what later versions of restic do; the 0.14 of Debian 12, which can be asked here, does not, so it is left out.
 */
export function keptOf(reasons: readonly (readonly Reason[])[]): Kept {
  const kept: Kept = {}
  for (const [place, each] of reasons.entries()) {
    const asRestic = each.filter(({message}) => !message.startsWith('the oldest'))
    for (const rule of new Set(asRestic.map((reason) => reason.rule))) (kept[rule] ??= []).push(place)
  }
  return kept
}
