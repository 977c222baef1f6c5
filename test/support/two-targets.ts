import {perform} from '../../src/lib/change.ts'
import {OperatorError} from '../../src/lib/errors.ts'
import {backup} from '../../src/lib/procedures/backup.ts'
import {MemoryOffsite} from './fakes/offsite.ts'
import {FakePorts} from './fakes/ports.ts'

export const really = {dryRun: false, lockWaitMilliseconds: 0}
export const outage = new OperatorError('unreachable', 's3://vault cannot be reached: ECONNREFUSED.', {hint: 'Check the network.'})

/** Returns a shop with two targets off-site, and what an operator does there. */
export function openTwoTargets() {
  const ports = new FakePorts()
  const [vault, attic] = [new MemoryOffsite('vault'), new MemoryOffsite('attic')]
  ports.targets = [
    {name: 'vault', maxAgeMilliseconds: 1, store: vault},
    {name: 'attic', maxAgeMilliseconds: 1, store: attic},
  ]
  return {ports, vault, attic, backUp: async () => (await perform(backup, {allowEmpty: false}, ports, really)).result!}
}

/** Returns the ids of the sets in a store. */
export async function idsIn(store: {list(): Promise<{manifest: {id: string}}[]>}): Promise<string[]> {
  return (await store.list()).map(({manifest}) => manifest.id)
}
