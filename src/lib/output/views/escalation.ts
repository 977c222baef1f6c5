import {isExample, type Escalation, type EscalationLevel} from '../../domain/escalation.ts'
import {formatDuration} from '../../domain/quantity.ts'
import {table, wrap} from '../table.ts'
import type {Theme} from '../theme.ts'

const where = 'docs/configuration.md has the keys under escalation'

/** Returns the lines that say who is called and when, or where that has to be written. */
export function escalationLines({file, problem, levels}: Escalation, width: number, paint: Theme): string[] {
  if (problem !== null) return wrap(`Who is called could not be read: ${problem}`, width).map((line) => paint.status('warning', line))
  if (levels.length === 0) {
    const place = file === null ? 'sparkone.yml, of which there is none here' : file
    return wrap(`Nobody is configured to be called: write roles and contacts under escalation in ${place} (${where}).`, width)
  }
  const rows = levels.map(({level, role, contacts, afterMilliseconds}) => {
    const after = afterMilliseconds === null ? 'at once' : `after ${formatDuration(afterMilliseconds)}`
    return [String(level), role, after, contacts.join(', ') || 'no contact']
  })
  const examples = levels.some((each) => each.contacts.some(isExample))
  return [
    ...table(rows, {columns: width}).split('\n'),
    ...(examples ? [paint.status('warning', `Behind example.com there is nobody: write your own contacts into ${file}.`)] : []),
  ]
}

/** Returns the same for the JSON document. */
export function escalationBody({file, problem, levels}: Escalation): Record<string, unknown> {
  const told = ({level, role, contacts, afterMilliseconds}: EscalationLevel) => {
    return {level, role, contacts, afterSeconds: (afterMilliseconds ?? 0) / 1000}
  }
  return {file, problem, levels: levels.map(told)}
}
