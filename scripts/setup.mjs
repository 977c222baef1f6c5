// Runs first in a fresh clone, under whatever Node the machine has: no packages, no TypeScript, nothing newer than Node 20.
import {spawnSync} from 'node:child_process'
import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {buildStamp, fingerprint} from './fingerprint.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const pinnedNode = join(root, 'node_modules/node/bin/node')

if (!isInstalled()) {
  // Development packages are what builds and tests, so NODE_ENV=production must not leave them out.
  run('Installing packages (npm ci)', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund'])
  if (!existsSync(pinnedNode))
    stop('npm left out the pinned Node, as it does when ignore-scripts is set. Run: npm ci --ignore-scripts=false')
}
if (!isBuilt()) run('Building', pinnedNode, ['scripts/build.mjs'])

// npm keeps its own record of what it installed and writes it last, so a killed installation never looks complete.
function isInstalled() {
  const installed = readJson('node_modules/.package-lock.json')?.packages
  if (!installed || !existsSync(pinnedNode)) return false
  const wanted = Object.entries(readJson('package-lock.json').packages)
  return wanted.every(([path, {version, optional, link}]) => {
    if (!path.startsWith('node_modules/') || link) return true
    return installed[path] ? installed[path].version === version : optional === true
  })
}

function isBuilt() {
  const stamp = join(root, buildStamp)
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint(root)
}

function readJson(path) {
  const file = join(root, path)
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

function run(title, program, args) {
  const start = Date.now()
  process.stderr.write(`${title} ... `)
  const {status, signal, error, stdout, stderr} = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  })
  if (error || status !== 0) {
    // npm ends some failures with its own manual, which would push the reason out of sight.
    const [said] = `${stdout ?? ''}${stderr ?? ''}`.split(/\nnpm error\s*\nnpm error Clean install/)
    const lines = said.trimEnd().split('\n').slice(-20)
    stop(`failed (${error?.message ?? signal ?? `exit code ${status}`}). Its last lines:\n  ${lines.join('\n  ')}`)
  }
  process.stderr.write(`done in ${((Date.now() - start) / 1000).toFixed(1)} s\n`)
}

function stop(message) {
  process.stderr.write(`${message}\n`)
  process.exit(3)
}
