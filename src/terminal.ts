import type {Terminal} from './lib/output/mode.ts'

/** Returns what the process is connected to. */
export function terminal(): Terminal {
  const {stdin, stdout, stderr, env} = process
  return {
    stdinIsTTY: Boolean(stdin.isTTY),
    stdoutIsTTY: Boolean(stdout.isTTY),
    stderrIsTTY: Boolean(stderr.isTTY),
    columns: stdout.columns as number | undefined,
    environment: env,
  }
}
