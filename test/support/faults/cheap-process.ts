import {cheapPorts, performCheaply, type CheapChange} from './cheap-ports.ts'

/** Performs a change once it is told to, in a process of its own that a test can kill: `cheap-process.ts CHANGE FOLDER ENDPOINT`. */
const [change = '', folder = '', endpoint = ''] = process.argv.slice(2)
const ports = cheapPorts(folder, endpoint)
process.once('message', () => {
  void performCheaply(change as CheapChange, ports).then(
    () => process.exit(0),
    () => process.exit(2),
  )
})
process.send!('ready')
