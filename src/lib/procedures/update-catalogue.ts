import {OperatorError} from '../errors.ts'
import type {OffsiteStore, Ports} from '../ports.ts'

/** Makes the next first listing of a target fast, where that is due. Throws only when interrupted: a listing without it is slower and as right. */
export async function updateCatalogue(store: Pick<OffsiteStore, 'updateCatalogue'>, {signal}: Pick<Ports, 'signal'>): Promise<void> {
  try {
    await store.updateCatalogue()
  } catch (error) {
    if (signal.aborted || !(error instanceof OperatorError)) throw error
  }
}
