import type {BackupSet} from '../domain/backup-set.ts'
import type {RecipientConfirmation} from '../domain/encryption.ts'
import type {CopyOutcome} from '../domain/offsite.ts'
import {formatBytes} from '../domain/quantity.ts'
import {OperatorError} from '../errors.ts'
import type {Ports, SetDraft} from '../ports.ts'
import {OffsiteCopies} from './offsite-copies.ts'

/** A key that was mistyped or lost years ago is found out here, and not when the data is needed. */
export function assertDecryptable(keys: readonly RecipientConfirmation[]): void {
  if (keys.length === 0 || keys.some(({confirmedAt}) => confirmedAt !== null)) return
  throw new OperatorError('refused', 'Nobody has shown yet that an encrypted backup could be decrypted.', {
    details: keys.map(({recipient}) => `recipient ${recipient}`),
    hint: 'sparkone encryption challenge, decrypt it where the key is, then sparkone encryption confirm CODE.',
  })
}

/** Throws `noSpace` where a set would not fit. */
export function assertRoom(expectedBytes: number, {freeBytes, location}: {freeBytes: number; location: string}): void {
  if (freeBytes >= expectedBytes) return
  const message = `The backup needs about ${formatBytes(expectedBytes)}, but ${location} has ${formatBytes(freeBytes)} free.`
  throw new OperatorError('noSpace', message, {hint: 'Free some space or set backup.directory to a larger disk.'})
}

/** Makes a set, and copies it to each target while `fill` writes it; what `fill` fails with leaves neither. `seconds.total` is of all of it. */
export async function makeSet<Filled extends {set: BackupSet; seconds: {total: number}}>(
  {id, expectedBytes}: {id: string; expectedBytes: number},
  fill: (draft: SetDraft) => Promise<Filled>,
  ports: Ports,
): Promise<Filled & {copies: readonly CopyOutcome[]}> {
  const begin = ports.clock.elapsed()
  const draft = await (await ports.store()).create(id)
  const copies = await OffsiteCopies.begin(draft, {id, expectedBytes}, ports)
  const filled = await fill(draft).catch(async (error: unknown) => {
    await draft.discard()
    await copies.discard()
    throw error
  })
  const outcomes = await copies.finish(filled.set)
  return {...filled, copies: outcomes, seconds: {...filled.seconds, total: (ports.clock.elapsed() - begin) / 1000}}
}
