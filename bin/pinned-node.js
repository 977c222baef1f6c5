import {spawn} from 'node:child_process'
import {existsSync} from 'node:fs'
import {fileURLToPath} from 'node:url'

const candidates = ['../node_modules/node/bin/node', '../node_modules/.bin/node'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
)

/** Whether this Node lacks what sparkone uses: 22.15 is the first with zstd. */
export function isNodeTooOld() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  return major < 22 || (major === 22 && minor < 15)
}

/** Runs the same command line again under the Node that the project pins, and ends as that run ends; exit code 3 where there is none. */
export function runUnderPinnedNode() {
  const node = candidates.find((path) => existsSync(path))
  if (!node) stop()
  const child = spawn(node, process.argv.slice(1), {stdio: 'inherit'})
  forwardSignals(child)
  child.on('error', stop)
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

function stop() {
  process.stderr.write(
    `sparkone needs Node 22.15 or newer, and this is ${process.versions.node}; in a clone, npm start installs the right one.\n`,
  )
  process.exit(3)
}

// A terminal sends Ctrl-C to both processes, and forwarding it too would count as the second one, which skips the clean-up.
function forwardSignals(child) {
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => (signal === 'SIGINT' && hasTerminal ? undefined : child.kill(signal)))
}
