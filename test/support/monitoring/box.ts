import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {imageName, type Testbed} from '../testbed/index.ts'

const ops = path.resolve(import.meta.dirname, '../../../ops')

export interface Outcome {
  exitCode: number
  /** Both streams, in the order of the lines. */
  text: string
}

/** A container with Prometheus, Alertmanager and their tools in the machine's own network; dispose of it to end all that runs in it. */
export interface MonitoringBox extends AsyncDisposable {
  /** Seen in the container as /lab. */
  folder: string
  /** Runs a program to its end. */
  run(argv: readonly string[], input?: string): Promise<Outcome>
  /** Starts a program that goes on in the background. */
  start(argv: readonly string[]): Promise<void>
}

/** Starts the container with `ops/prometheus` and `ops/alertmanager` where the Compose files mount them. */
export async function startMonitoringBox(testbed: Testbed): Promise<MonitoringBox> {
  const folder = await mkdtemp(path.join(tmpdir(), 'monitoring-'))
  const docker = (words: readonly string[], input = '') =>
    execa('docker', words, {env: testbed.environment, input, reject: false, all: true, timeout: 120_000})
  const mounts = [`${ops}/prometheus:/etc/prometheus:ro`, `${ops}/alertmanager:/etc/alertmanager:ro`, `${folder}:/lab`]
  // Ends by itself if the test is killed.
  const words = ['run', '--detach', '--rm', '--init', '--network', 'host', ...mounts.flatMap((mount) => ['--volume', mount])]
  const {stdout: id, failed, all} = await docker([...words, imageName, 'sleep', '900'])
  if (failed) throw new Error(`The container did not start: ${all}`)
  const run = async (argv: readonly string[], input?: string): Promise<Outcome> => {
    const result = await docker(['exec', '--interactive', id, ...argv], input)
    return {exitCode: result.exitCode ?? -1, text: result.all}
  }
  const start = async (argv: readonly string[]) => {
    await docker(['exec', '--detach', id, ...argv])
  }
  const dispose = async () => {
    await docker(['rm', '--force', id])
    await rm(folder, {recursive: true, force: true})
  }
  return {folder, run, start, [Symbol.asyncDispose]: dispose}
}
