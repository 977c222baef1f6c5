import {spawn, type ChildProcess} from 'node:child_process'
import {OperatorError} from '../../errors.ts'
import type {Programs, StartedProgram} from '../../ports/drill.ts'

const outputKept = 4096
const patienceMilliseconds = 5000

/** Runs the programs that the configuration names, in `folder`, each with its children as a group that is ended as one. */
export function namedPrograms(folder: string): Programs {
  return {start: (argv, environment, input) => start(argv, environment, folder, input)}
}

function start(
  [file = '', ...words]: readonly string[],
  environment: Readonly<Record<string, string>>,
  folder: string,
  input = '',
): StartedProgram {
  const child = spawn(file, words, {cwd: folder, env: {...process.env, ...environment}, stdio: ['pipe', 'pipe', 'pipe'], detached: true})
  // A program that ends, or closes its input, without having read it does nothing wrong.
  child.stdin.on('error', () => undefined).end(input)
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-outputKept)))
  }
  const ended = new Promise<{exitCode: number | null; output: string}>((resolve, reject) => {
    child.once('error', (cause) => reject(new OperatorError('notFound', `${file} cannot be started: ${cause.message}`, {cause})))
    // Not `close`: what it left running in the background may hold the pipes open for good.
    child.once('exit', (exitCode) => setImmediate(() => resolve({exitCode, output})))
  })
  // Whoever waits for the end learns of it; who only disposes must not crash by it.
  ended.catch(() => undefined)
  return {ended, [Symbol.asyncDispose]: () => endGroup(child, ended)}
}

/** Politely first, then by force; the group outlives its first process where that ended on its own. */
async function endGroup({pid}: ChildProcess, ended: Promise<unknown>): Promise<void> {
  if (pid === undefined) return
  signalGroup(pid, 'SIGTERM')
  const {promise, resolve} = Promise.withResolvers<void>()
  const patience = setTimeout(resolve, patienceMilliseconds)
  await Promise.race([ended, promise]).catch(() => undefined)
  clearTimeout(patience)
  signalGroup(pid, 'SIGKILL')
  await ended.catch(() => undefined)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // It is gone already.
  }
}
