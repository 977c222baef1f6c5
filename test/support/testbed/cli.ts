import {rm} from 'node:fs/promises'
import path from 'node:path'
import {stopEngine} from './engine.ts'
import {imageName, inspectTestbed, requireTestbed, startStack, type Testbed} from './index.ts'
import {exists, paths, run} from './machine.ts'

const project = 'sparkone-byhand'
const composeFile = path.join(paths.manual, 'compose.yml')

const verbs: Record<string, () => Promise<void>> = {up, down, status}
const verb = verbs[process.argv[2] ?? '']
if (verb) await verb()
else {
  console.error('Usage: node test/support/testbed/cli.ts up|down|status')
  process.exitCode = 3
}

/** Leaves the engine and one stack running and says how to reach them. */
async function up(): Promise<void> {
  const testbed = await requireTestbed((line) => console.error(line))
  if (!testbed.dockerHost || !testbed.image || !testbed.composeV2) {
    console.error('The stack needs what is missing above.')
    process.exitCode = 2
    return
  }
  if (await exists(composeFile)) await run(['docker', 'compose', 'up', '--detach', '--wait'], manualEnvironment(testbed))
  else await startStack(testbed, project, {folder: paths.manual})
  explain(testbed)
}

function explain(testbed: Testbed): void {
  const lines = Object.entries(manualEnvironment(testbed)).map(([name, value]) => `  export ${name}=${value}`)
  console.log(`The stack ${project} is up. In your shell:\n${lines.join('\n')}\n  docker compose ps\n  node bin/run.js health`)
  console.log('End it with: npm run stack:down')
}

/** Removes every stack made from our image with its data, and stops the engine if it is the one that we started. */
async function down(): Promise<void> {
  const testbed = await inspectTestbed()
  if (testbed.dockerHost) for (const each of await runningProjects(testbed)) await removeProject(testbed, each)
  await rm(paths.manual, {recursive: true, force: true})
  console.log((await stopEngine()) ? 'The Docker Engine of the test bed has stopped.' : 'No Docker Engine of the test bed was running.')
}

async function runningProjects(testbed: Testbed): Promise<Set<string>> {
  const format = '{{.Label "com.docker.compose.project"}}'
  const lines = await run(['docker', 'ps', '--all', '--filter', `ancestor=${imageName}`, '--format', format], testbed.environment)
  return new Set(lines.split('\n').filter((line) => line !== ''))
}

/** Finds what belongs to the project by its labels, since the folder of a test that was killed may be gone. */
async function removeProject(testbed: Testbed, name: string): Promise<void> {
  for (const [kind, list, remove] of [
    ['container', ['ps', '--all'], ['rm', '--force', '--volumes']],
    ['network', ['network', 'ls'], ['network', 'rm']],
    ['volume', ['volume', 'ls'], ['volume', 'rm']],
  ] as const) {
    const found = await run(['docker', ...list, '--quiet', '--filter', `label=com.docker.compose.project=${name}`], testbed.environment)
    const ids = found.split('\n').filter((id) => id !== '')
    if (ids.length > 0) await run(['docker', ...remove, ...ids], testbed.environment)
    if (kind === 'container') console.log(`Removed ${ids.length} containers of ${name}.`)
  }
}

async function status(): Promise<void> {
  const testbed = await inspectTestbed()
  console.log(JSON.stringify(testbed, null, 2))
  if (testbed.dockerHost && (await exists(composeFile))) console.log(await run(['docker', 'compose', 'ps'], manualEnvironment(testbed)))
}

function manualEnvironment(testbed: Testbed): Record<string, string> {
  return {...testbed.environment, COMPOSE_FILE: composeFile}
}
