import type {Finding} from '../../domain/finding.ts'
import type {LogSignal} from '../../domain/log-rule.ts'
import {stillWritten} from '../../domain/log-writers.ts'
import {OperatorError} from '../../errors.ts'
import type {Ports} from '../../ports.ts'
import type {LogFiles} from '../../ports/logs.ts'
import type {PlannedLog} from '../rotate-logs.ts'

/** How long a writer may take to let go of its old log after the signal. */
const patienceMilliseconds = 5000
const pauseMilliseconds = 50

interface RotatedFile {
  path: string
  log: PlannedLog
}

/** Tells writers to open their logs anew, and compresses what nobody writes to any more. What is still written to stays as it is, and is a finding. */
export async function releaseLogs(done: readonly PlannedLog[], files: LogFiles, ports: Ports): Promise<Finding[]> {
  const rotated = done.flatMap((log) => rotatedFile(log))
  const renamed = rotated.filter(({log}) => !log.rule.copyTruncate)
  const {signals, findings} = await sendSignals(renamed, files, ports)
  const held = await waitForRelease(renamed, files, {ports, patience: signals > 0 ? patienceMilliseconds : 0})
  const failures: Finding[] = []
  const waiting = rotated.filter(({path, log}) => !held.has(path) && log.rotation?.after.some(({kind}) => kind === 'compress'))
  if (waiting.length === 0) return [...findings, ...held.values()]
  await ports.progress.step('Compress logs', async (report) => {
    for (const {path, log} of waiting) {
      ports.signal.throwIfAborted()
      report(path)
      const finding = await compress(log, files)
      if (finding) failures.push(finding)
    }
  })
  return [...findings, ...held.values(), ...failures]
}

/** A log of which nothing is kept is gone already. */
function rotatedFile(log: PlannedLog): RotatedFile[] {
  if (log.rotation === null || log.rule.rotate === 0) return []
  return [{path: log.path.slice(0, log.path.lastIndexOf('/') + 1) + log.rotation.to, log}]
}

async function compress({path, rotation}: PlannedLog, files: LogFiles): Promise<Finding | null> {
  const steps = rotation?.after.filter(({kind}) => kind === 'compress') ?? []
  try {
    await files.apply(path, steps)
    return null
  } catch (error) {
    if (!(error instanceof OperatorError) || error.kind === 'interrupted' || error.kind === 'terminated') throw error
    return {subject: path, status: 'warning', message: `rotated, but not compressed: ${error.message}`}
  }
}

/** One signal for all logs of one writer. */
async function sendSignals(
  renamed: readonly RotatedFile[],
  files: LogFiles,
  ports: Ports,
): Promise<{signals: number; findings: Finding[]}> {
  const wanted = renamed.flatMap(({log: {rule}}) => rule.signal ?? [])
  const signals = [...new Map(wanted.map((signal) => [JSON.stringify(signal), signal])).values()]
  const findings: Finding[] = []
  for (const signal of signals) {
    try {
      await send(signal, files, ports)
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error
      const subject = signal.service ?? signal.pidFile ?? signal.name
      findings.push({subject, status: 'warning', message: `was not told that its log was rotated: ${error.message}`})
    }
  }
  return {signals: signals.length, findings}
}

async function send(signal: LogSignal, files: LogFiles, ports: Ports): Promise<void> {
  if (signal.service === null) return files.signalProcess(signal)
  await (await ports.serviceLogs()).signal(signal.service, signal.name)
}

async function waitForRelease(
  renamed: readonly RotatedFile[],
  files: LogFiles,
  {ports, patience}: {ports: Ports; patience: number},
): Promise<Map<string, Finding>> {
  const paths = renamed.map(({path}) => path)
  const deadline = ports.clock.elapsed() + patience
  for (;;) {
    const {byPath} = await files.writers(paths)
    const held = renamed.filter(({path}) => byPath.has(path))
    if (held.length === 0 || ports.clock.elapsed() >= deadline) {
      return new Map(held.map(({path, log}) => [path, stillWritten(path, byPath.get(path)!, log.rule)]))
    }
    await ports.clock.sleep(pauseMilliseconds, ports.signal)
  }
}
