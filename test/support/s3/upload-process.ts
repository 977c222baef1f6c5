import {readFile} from 'node:fs/promises'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {fill, storeAt} from './stores.ts'

/** Copies a dump to a store, in a process of its own that a test can kill: `upload-process.ts ENDPOINT FILE ID`. */
const [endpoint = '', file = '', id = ''] = process.argv.slice(2)
const dump = await readFile(file)
await fill(await storeAt({endpoint, clock: systemClock}).copy(id, dump.length), dump)
