/**
 * What users notice of the production stack behind nginx, at 100 requests a second: for a minute, while its API is replaced ten times, and during
 * ten deployments. Run as root: node bench/production.ts [restarts and deployments]. Beside it stands what nginx answers by itself in the same minutes, the limit of the machine.
 */
import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {setTimeout as delay} from 'node:timers/promises'
import {execa} from 'execa'
import {everydayRequest, startLoad, type LoadReport} from '../test/support/load.ts'
import {startProduction} from '../test/support/ops/production.ts'
import {requireTestbed} from '../test/support/testbed/index.ts'

const perSecond = 100
const seconds = 60
const restarts = Number(process.argv[2] ?? 10)

await using stack = await startProduction(await requireTestbed(), `bench-${process.pid}`)
await stack.compose('exec', '-T', 'api', 'node', '/app/server.mjs', 'seed', '--scale', '0.02')

const undisturbed = await during(() => delay(seconds * 1000))
const file = path.join(stack.folder, 'sparkone.yml')
await writeFile(file, (await readFile(file, 'utf8')).replace('deploy:\n', 'deploy:\n  soak: {duration: 10s}\n'))
const restarted = await during(async () => {
  await using _names = stack.followNames()
  for (let count = 0; count < restarts; count++) await deploy('v1', '--restart')
})
const versions = Array.from({length: restarts}, (_, index) => `v${index + 2}`)
for (const version of versions) await stack.release(version)
const deployed = await during(async () => {
  await using _names = stack.followNames()
  for (const version of versions) await deploy(version)
})
console.table({
  'a minute': summarize(undisturbed.load),
  'nginx alone': summarize(undisturbed.floor),
  [`${restarts} times all replicas`]: summarize(restarted.load),
  'nginx alone, meanwhile': summarize(restarted.floor),
  [`${restarts} deployments`]: summarize(deployed.load),
})
for (const failure of [...restarted.load.failures, ...deployed.load.failures].slice(0, 10)) console.log(failure)

async function deploy(...words: string[]): Promise<void> {
  const options = {cwd: stack.folder, env: {...stack.environment, SPARKONE_STATE_DIR: path.join(stack.folder, 'state')}}
  await execa(process.execPath, [path.resolve('bin/run.js'), 'deploy', ...words, '--yes', '--skip-backup'], options)
}

async function during(work: () => Promise<unknown>): Promise<{load: LoadReport; floor: LoadReport}> {
  const load = startLoad(`http://127.0.0.1:${stack.ports.local}`, perSecond, everydayRequest)
  const floor = startLoad(`http://127.0.0.1:${stack.ports.http}`, perSecond / 5, () => ({path: '/'}))
  await work()
  return {load: await load.stop(), floor: await floor.stop()}
}

function summarize({failures, ...figures}: LoadReport): object {
  return {...figures, failed: failures.length}
}
