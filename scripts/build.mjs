import {spawnSync} from 'node:child_process'
import {existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {fileURLToPath} from 'node:url'
import {bundleCommandLine, bundleProgram} from './bundle.ts'
import {keepChunks} from './chunks.ts'
import {buildStamp, fingerprint} from './fingerprint.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const workshops = join(root, '.build')
const workshop = join(workshops, String(process.pid))
const output = join(workshop, 'dist')
const manifest = join(root, 'oclif.manifest.json')

// Taken first: a source that changes during the build must make the next run build again.
const made = fingerprint(root)
clearWorkshops()
mkdirSync(output, {recursive: true})
try {
  await bundleCommandLine(root, output)
  await bundleProgram(join(root, 'ops/api/server.ts'), join(output, 'demo/api.mjs'))
  putInPlace()
} finally {
  rmSync(workshop, {recursive: true, force: true})
}
writeCommandManifest()
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

// The old dist stays in use until the new one is whole.
function putInPlace() {
  const dist = join(root, 'dist')
  keepChunks(join(dist, 'chunks'), join(output, 'chunks'))
  if (existsSync(dist)) renameSync(dist, join(workshop, 'old'))
  renameSync(output, dist)
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
