import path from 'node:path'
import {execa} from 'execa'
import {backups, policies} from './cases.ts'
import type {Kept} from './kept.ts'
import {fillRepository} from './repository.ts'

/** Asks restic what it keeps of the backups by each policy, in a repository of its own below `folder`, where clocks are those of `timeZone`. */
export async function askRestic(folder: string, timeZone: string): Promise<Kept[]> {
  const repository = path.join(folder, encodeURIComponent(timeZone))
  const password = 'no secret'
  const environment = {TZ: timeZone, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: password, HOME: folder}
  const restic = async (...flags: string[]) => (await execa('restic', [...flags, '--no-cache', '--quiet'], {env: environment})).stdout
  await restic('init')
  await fillRepository(repository, password, backups, timeZone)
  const kept: Kept[] = []
  for (const {flags} of policies)
    kept.push(readKept(await restic('forget', '--dry-run', '--no-lock', '--json', '--group-by', '', ...flags)))
  return kept
}

interface Answer {
  reasons: {snapshot: {time: string}; matches: string[]}[] | null
}

function readKept(answer: string): Kept {
  const [group] = JSON.parse(answer) as [Answer]
  const kept: Kept = {}
  for (const {snapshot, matches} of group.reasons ?? []) {
    const place = backups.findIndex(({time}) => time === Date.parse(snapshot.time))
    for (const rule of new Set(matches.map(ruleOf))) (kept[rule] ??= []).push(place)
  }
  return Object.fromEntries(Object.entries(kept).map(([rule, places]) => [rule, places.toSorted((one, other) => one - other)]))
}

/** Returns the rule that restic means: `daily snapshot` is `daily`, `daily within 7d` is `withinDaily`. */
function ruleOf(match: string): string {
  const [first = '', second = ''] = match.split(' ')
  if (first === 'has') return 'tags'
  return second === 'within' ? `within${first[0]!.toUpperCase()}${first.slice(1)}` : first
}
