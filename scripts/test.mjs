// Runs the linter, the type checker and every suite, each under the pinned Node, and ends with one line that counts all tests.
import {spawnSync} from 'node:child_process'
import {readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'

const bin = join(import.meta.dirname, '..', 'node_modules', '.bin')
const node = join(bin, 'node')

const engineRuns = `import {inspectTestbed} from './test/support/testbed/index.ts'; process.exit((await inspectTestbed()).dockerHost ? 0 : 1)`
/** Fast suites first, so that a slip shows within seconds; those of one stage share their workers, and none of them waits for the last file of another. */
const stages = [['unit'], ['adapter', 'command', 'contract'], ['integration', 'e2e'], ['production']]
const projects = stages.flat()
const chosen = process.argv.slice(2)
const unknown = chosen.filter((name) => !projects.includes(name))
if (unknown.length > 0) {
  process.stderr.write(`There is no suite ${unknown.join(', ')}. There are: ${projects.join(', ')}.\n`)
  process.exit(3)
}

const totals = {passed: 0, failed: 0, skipped: 0}
let failedSuites = 0
const engineWasRunning = run(['--input-type=module', '--eval', engineRuns]) === 0

// They take seconds and see what no test does; who names a suite wants that suite alone.
if (chosen.length === 0) {
  if (run([join(bin, 'oxlint'), '--deny-warnings']) !== 0) failedSuites += 1
  if (run([join(bin, 'tsc'), '--noEmit', '-p', 'tsconfig.json']) !== 0) failedSuites += 1
}

for (const stage of chosen.length > 0 ? [chosen] : stages) {
  const report = join(tmpdir(), `sparkone-${process.pid}-${stage.join('-')}.json`)
  const suites = stage.map((project) => `--project=${project}`)
  // Much of the time is waiting for services, so two files at a time suit even one core; with three, two cores are no sooner through.
  const args = ['run', ...suites, '--maxWorkers=2', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  if (run([join(bin, 'vitest'), ...args]) !== 0) failedSuites += 1
  count(report)
  rmSync(report, {force: true})
}

// What the suites started is ended; what somebody else had running stays.
if (!engineWasRunning) run(['test/support/testbed/cli.ts', 'down'])

if (process.env.CI === 'true' && totals.skipped > 0) {
  process.stderr.write(`${totals.skipped} tests were skipped, and with CI=true none may be.\n`)
  failedSuites += 1
}
if (failedSuites > 0) process.stderr.write('Something above went wrong.\n')
process.stdout.write(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`)
process.exitCode = failedSuites === 0 && totals.failed === 0 ? 0 : 1

function run(args) {
  return spawnSync(node, args, {stdio: 'inherit', cwd: join(bin, '..', '..')}).status
}

function count(report) {
  try {
    const {numPassedTests, numFailedTests, numPendingTests, numTodoTests} = JSON.parse(readFileSync(report, 'utf8'))
    totals.passed += numPassedTests
    totals.failed += numFailedTests
    totals.skipped += numPendingTests + numTodoTests
  } catch {
    process.stderr.write('A suite ended without a report.\n')
    totals.failed += 1
  }
}
