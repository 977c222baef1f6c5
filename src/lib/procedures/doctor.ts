import type {Check} from '../change.ts'
import type {Finding} from '../domain/finding.ts'
import {nearest} from '../domain/nearest.ts'
import {OperatorError} from '../errors.ts'
import type {DoctorCheck, DoctorInput} from './doctor/check.ts'
import {containerChecks} from './doctor/containers.ts'
import {databaseChecks} from './doctor/database.ts'
import {machineChecks} from './doctor/machine.ts'
import {ownChecks} from './doctor/own.ts'
import {planChecks} from './doctor/plans.ts'

/** Everything that doctor looks at, in the order in which it is shown. */
export const doctorChecks: readonly DoctorCheck[] = [...ownChecks, ...databaseChecks, ...machineChecks, ...planChecks, ...containerChecks]

/** Looks whether sparkone itself could do its work on this machine: one check after the other is judged, all of them look at once. */
export const doctor: Check<DoctorInput & {only?: readonly DoctorCheck[]}, readonly Finding[]> = {
  name: 'doctor',

  async gather(input, ports) {
    const {only = doctorChecks} = input
    const looks = only.filter((check) => check.applies(input)).map((check) => check.look(input, ports))
    return (await Promise.all(looks)).flat()
  },

  judge: (findings) => [...findings],
}

/** Returns the checks of the given names. Throws `usage` for a name that there is not. */
export function checksNamed(names: readonly string[]): DoctorCheck[] {
  return names.map((name) => doctorChecks.find((check) => check.name === name) ?? unknownCheck(name))
}

function unknownCheck(name: string): never {
  const meant = nearest(
    name,
    doctorChecks.map((check) => check.name),
  )
  const hint = `${meant === null ? '' : `Did you mean ${JSON.stringify(meant)}? `}sparkone doctor --list shows them all.`
  throw new OperatorError('usage', `There is no check ${JSON.stringify(name)}.`, {hint})
}
