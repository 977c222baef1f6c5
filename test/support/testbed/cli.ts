import {rm} from 'node:fs/promises'
import path from 'node:path'
import {stopEngine} from './engine.ts'
import {inspectTestbed, requireTestbed, startStack, type Testbed} from './index.ts'
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

/** Removes the stack and its data, and stops the engine if it is the one that we started. */
async function down(): Promise<void> {
  const testbed = await inspectTestbed()
  if (testbed.dockerHost && (await exists(composeFile))) {
    await run(['docker', 'compose', 'down', '--volumes', '--remove-orphans', '--timeout', '5'], manualEnvironment(testbed))
    console.log(`The stack ${project} is gone.`)
  }
  await rm(paths.manual, {recursive: true, force: true})
  console.log((await stopEngine()) ? 'The Docker Engine of the test bed has stopped.' : 'No Docker Engine of the test bed was running.')
}

async function status(): Promise<void> {
  const testbed = await inspectTestbed()
  console.log(JSON.stringify(testbed, null, 2))
  if (testbed.dockerHost && (await exists(composeFile))) console.log(await run(['docker', 'compose', 'ps'], manualEnvironment(testbed)))
}

function manualEnvironment(testbed: Testbed): Record<string, string> {
  return {...testbed.environment, COMPOSE_FILE: composeFile}
}
