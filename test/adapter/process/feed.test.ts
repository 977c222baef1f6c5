import {expect, it} from 'vitest'
import {LocalExecutor} from '../../../src/lib/adapters/process/local.ts'

it('a program that stops reading an endless input is itself to blame, and the input is closed', async () => {
  let closed = false
  const endless = async function* () {
    try {
      for (;;) yield new Uint8Array(65_536)
    } finally {
      closed = true
    }
  }
  const argv = ['sh', '-c', 'head -c 10 >/dev/null; echo "syntax error at line 1" >&2; exit 3']
  const told = {name: 'ProgramFailure', exitCode: 3, stderr: 'syntax error at line 1\n'}
  await expect(new LocalExecutor().run(argv, {input: endless()})).rejects.toMatchObject(told)
  expect(closed).toBe(true)
})
