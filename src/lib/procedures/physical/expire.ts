import type {Change} from '../../change.ts'
import {expiryHold, type PhysicalBackup, type PhysicalExpiry} from '../../domain/physical-backup.ts'
import {count} from '../../domain/quantity.ts'
import {OperatorError} from '../../errors.ts'

export interface PhysicalExpireInput {
  /** How many proven backups must stay. */
  floor: number
}

interface Facts {
  engine: string
  backups: readonly PhysicalBackup[]
  expiry: PhysicalExpiry
}

export interface PhysicalExpirePlan extends Facts {
  summary: readonly string[]
  /** Labels of what goes. */
  remove: readonly string[]
  /** Why nothing goes that is due, with what to set or do. */
  hold: string | null
}

export interface PhysicalExpireResult {
  removed: readonly string[]
  /** Labels that should have gone and did not. */
  left: readonly string[]
}

/** Has pgBackRest remove what its own settings no longer keep, unless too few proven backups would be left. */
export const expirePhysically: Change<PhysicalExpireInput, Facts, PhysicalExpirePlan, PhysicalExpireResult> = {
  name: 'backup cleanup',
  touches: 'backups',

  async gather(_input, ports) {
    const engine = await ports.physical()
    return {engine: await engine.describe(), backups: (await engine.inventory()).backups, expiry: await engine.expiry()}
  },

  plan(facts, {floor}) {
    const {engine, backups, expiry} = facts
    const hold = expiryHold(backups, expiry, floor)
    const remove = hold === null ? expiry.labels : []
    return {
      ...facts,
      hold,
      remove,
      summary: [
        `keep ${count(backups.length - remove.length, 'backup')} by ${engine}, remove ${remove.length}`,
        ...(hold === null ? [] : [hold]),
        ...remove.map((label) => `remove ${label}: ${expiry.setting} does not keep it`),
      ],
    }
  },

  question({remove}) {
    return remove.length === 0
      ? null
      : `Have pgBackRest remove ${count(remove.length, 'backup')} for good, with the log that only they need?`
  },

  async apply({remove, expiry}, ports) {
    if (remove.length === 0) return {removed: [], left: []}
    const engine = await ports.physical()
    await assertUnchanged(expiry, await engine.expiry())
    await ports.progress.step('Have pgBackRest expire', () => engine.expire())
    const there = new Set((await engine.inventory()).backups.map(({label}) => label))
    return {removed: remove.filter((label) => !there.has(label)), left: remove.filter((label) => there.has(label))}
  },
}

/** pgBackRest decides anew each time; it must not remove more than was agreed to. */
async function assertUnchanged(planned: PhysicalExpiry, now: PhysicalExpiry): Promise<void> {
  const further = now.labels.filter((label) => !planned.labels.includes(label))
  if (further.length === 0) return
  throw new OperatorError('refused', `pgBackRest would now remove more than was planned: ${further.join(', ')}.`, {
    hint: 'Another backup has ended meanwhile: run sparkone backup cleanup again.',
  })
}
