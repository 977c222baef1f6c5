import {cpus} from 'node:os'
import type {LoadReport} from './load.ts'

/** Leaves out what the API refuses where others leave no processor time, because the database does not answer in time. */
export function failuresOf({failures}: LoadReport, idle: number): string[] {
  return failures.filter((failure) => idle > 0.2 || !/status 503|no answer/.test(failure))
}

/** Returns the share of processor time, 0 to 1, that nobody used meanwhile. */
export async function idleShare(work: () => Promise<unknown>): Promise<number> {
  const sum = () => cpus().flatMap(({times}) => Object.entries(times))
  const [before] = [sum(), await work()]
  const spent = sum().map(([kind, milliseconds], index) => ({kind, spent: milliseconds - before[index]![1]}))
  const total = (kinds: typeof spent) => kinds.reduce((all, {spent: each}) => all + each, 0)
  return total(spent.filter(({kind}) => kind === 'idle')) / total(spent)
}
