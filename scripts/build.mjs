import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {isBuiltin} from 'node:module'
import {basename, join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {rolldown} from 'rolldown'
import {buildStamp, fingerprint} from './fingerprint.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const workshops = join(root, '.build')
const workshop = join(workshops, String(process.pid))
const output = join(workshop, 'dist')
const manifest = join(root, 'oclif.manifest.json')

// Packages that pg and debug use when they are there and do without otherwise.
const leftOut = ['pg-native', 'pg-cloudflare', 'supports-color']

const leaveOut = {
  name: 'leave-out',
  resolveId: (name) => (leftOut.includes(name) ? `\0${name}` : null),
  load: (name) => (leftOut.includes(name.slice(1)) ? `throw Object.assign(new Error('left out'), {code: 'MODULE_NOT_FOUND'})` : null),
}

// Taken first: a source that changes during the build must make the next run build again.
const made = fingerprint(root)
clearWorkshops()
mkdirSync(output, {recursive: true})
try {
  run('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json', '--outDir', output])
  await bundle('ops/api/server.ts', join(output, 'demo/api.mjs'))
  putInPlace()
} finally {
  rmSync(workshop, {recursive: true, force: true})
}
if (hasCommands()) writeCommandManifest()
writeFileSync(join(root, buildStamp), made)

// Builds that were killed leave their folder behind, named after their process.
function clearWorkshops() {
  for (const name of existsSync(workshops) ? readdirSync(workshops) : []) {
    if (!isAlive(Number(name))) rmSync(join(workshops, name), {recursive: true, force: true})
  }
}

function isAlive(id) {
  try {
    return id !== process.pid && process.kill(id, 0)
  } catch {
    // ESRCH is the answer we look for; EPERM would be another user's build, which does not happen in one's own clone.
    return false
  }
}

// Makes one ESM file of a program with all its packages; it needs nothing but Node.
async function bundle(input, file) {
  const build = await rolldown({input: join(root, input), platform: 'node', plugins: [leaveOut], onLog: refuseWarnings})
  const {output: chunks} = await build.write({file, format: 'esm', codeSplitting: false})
  await build.close()
  const needed = chunks.flatMap((chunk) => chunk.imports ?? []).filter((name) => !isBuiltin(name))
  if (chunks.length !== 1 || needed.length > 0)
    throw new Error(`${basename(file)} is not self-contained: ${needed.join(', ') || `${chunks.length} files`}.`)
}

function refuseWarnings(level, log) {
  if (level === 'warn') throw new Error(log.message)
}

// The old dist stays in use until the new one is whole.
function putInPlace() {
  const dist = join(root, 'dist')
  if (existsSync(dist)) renameSync(dist, join(workshop, 'old'))
  renameSync(output, dist)
}

function hasCommands() {
  const commands = join(root, 'dist/commands')
  return existsSync(commands) && readdirSync(commands, {recursive: true}).some((name) => name.endsWith('.js'))
}

// oclif deletes the old manifest first, and without one every start is several times slower.
function writeCommandManifest() {
  run('node_modules/oclif/bin/run.js', ['manifest'])
  if (!existsSync(manifest)) throw new Error('oclif wrote no oclif.manifest.json: a command cannot be loaded.')
}

function run(script, args) {
  const environment = {...process.env, NODE_ENV: 'production', OCLIF_DISABLE_ENGINE_WARNING: '1'}
  const {status} = spawnSync(process.execPath, [join(root, script), ...args], {cwd: root, stdio: 'inherit', env: environment})
  if (status !== 0) {
    process.stderr.write(`${script} ended with exit code ${status}.\n`)
    rmSync(workshop, {recursive: true, force: true})
    process.exit(3)
  }
}
