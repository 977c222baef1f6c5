/** A store off-site, in a process of its own, that keeps what it gets in memory. Tells its address to the parent. */
import {ScriptedStore} from '../../test/support/s3/scripted-store.ts'

const store = await ScriptedStore.start()
process.send!({endpoint: store.endpoint})
