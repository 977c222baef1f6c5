import {beforeEach, describe, expect, test} from 'vitest'
import {abortError, exitCodes, OperatorError, type ErrorKind} from '../../src/lib/errors.ts'
import {readDocument} from '../support/documents.ts'
import {FakePorts} from '../support/fakes/ports.ts'
import {openSession, type Session} from '../support/session.ts'

let session: Session
let ports: FakePorts

beforeEach(() => {
  session = openSession()
  ports = session.ports
})

const sparkone: Session['sparkone'] = (line, portsOf) => session.sparkone(line, portsOf)
const document: Session['document'] = (line) => session.document(line)

describe('a failure', () => {
  const kinds = Object.keys(exitCodes) as ErrorKind[]
  const forms = ['', ' --json', ' -o nagios', ' -o prometheus']

  test.each(kinds)('of kind %s gives a change the same exit code in every form of output', async (kind) => {
    ports.lockBook.failing = new OperatorError(kind, 'No.', {hint: 'Later.'})
    const runs = await inOrder(forms.map((form) => () => sparkone(`backup${form}`)))
    expect(runs.map(({code}) => code)).toEqual(forms.map(() => exitCodes[kind]))
    expect(readDocument(runs[1]!.stdout, 'backup')).toMatchObject({status: 'failed', error: {kind, message: 'No.', hint: 'Later.'}})
    expect(runs[0]).toMatchObject({stdout: '', stderr: 'No.\nNext: Later.\n'})
  })

  test.each(kinds)('of kind %s gives a check the exit code of what is not known, unless it was interrupted', async (kind) => {
    const failing = () => {
      throw new OperatorError(kind, 'No.')
    }
    const runs = await inOrder(forms.map((form) => () => sparkone(`health${form}`, failing)))
    const expected = kind === 'interrupted' || kind === 'terminated' ? exitCodes[kind] : 3
    expect(runs.map(({code}) => code)).toEqual(forms.map(() => expected))
    expect(readDocument(runs[1]!.stdout, 'health').exitCode).toBe(expected)
  })

  test('that is a bug of sparkone says so without a stack, and with one on --verbose', async () => {
    ports.lockBook.failing = new TypeError('x is not a function')
    const {code, stderr} = await sparkone('backup')
    expect(code).toBe(3)
    expect(stderr).toMatch(/^sparkone has a bug: x is not a function\nNext: .*SPARKONE_DEBUG=1/)
    expect(stderr).not.toContain(' at ')
    expect((await sparkone('backup --verbose')).stderr).toMatch(/TypeError: x is not a function\n +at /)
    expect(await document('backup')).toMatchObject({exitCode: 3, error: {kind: 'bug'}})
  })
})

describe('--timeout', () => {
  const hanging = (signal: AbortSignal) =>
    Object.assign(new FakePorts(), {
      locks: () => new Promise((_, reject) => signal.addEventListener('abort', () => reject(abortError(signal)))),
    })

  test('ends a change that takes longer with 7', async () => {
    const {code, stderr} = await sparkone('backup --timeout 20ms', hanging)
    expect([code, stderr]).toEqual([7, 'Timed out after 0.02 s.\nNext: Raise --timeout.\n'])
  })
})

describe('a command line that makes no sense', () => {
  test('with an unknown flag ends with 3, names the nearest, and shows no stack', async () => {
    const {code, stdout, stderr} = await sparkone('backup --dry-rn')
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).toContain('--dry-rn')
    expect(stderr).toContain('Did you mean --dry-run?')
    expect(stderr).toContain('sparkone backup --help')
    expect(stderr).not.toMatch(/ at |Error:/)
  })

  test('with two flags that exclude each other names both', async () => {
    const {stderr} = await sparkone('restore --list --undo')
    expect(stderr.split('\n')[0]).toBe('--undo=true cannot also be provided when using --list')
  })

  test.each([
    'backup --nonsense',
    'backup too much',
    'backup --output xml',
    'backup --lock-wait soon',
    'backup --timeout never',
    'verify one two',
    'health --interval',
  ])('%s ends with 3 in JSON, too', async (line) => {
    expect(await document(line)).toMatchObject({exitCode: 3, status: 'failed', error: {kind: 'usage'}})
    expect(ports.events).toEqual([])
  })
})

async function inOrder<T>(runs: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  for (const run of runs) results.push(await run())
  return results
}
