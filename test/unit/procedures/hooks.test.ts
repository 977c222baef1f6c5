import {beforeEach, describe, expect, test} from 'vitest'
import type {HookRules} from '../../../src/lib/domain/hooks.ts'
import {OperatorError} from '../../../src/lib/errors.ts'
import {backup} from '../../../src/lib/procedures/backup.ts'
import {performWithHooks} from '../../../src/lib/procedures/perform-with-hooks.ts'
import {FakeClock} from '../../support/fakes/clock.ts'
import {FakePorts} from '../../support/fakes/ports.ts'
import {rejection} from '../../support/folder.ts'

const rules: HookRules = {before: ['./before'], after: ['./after'], failed: ['./failed'], finally: ['./finally'], limitMilliseconds: 60_000}
const setId = '20261122T100000Z-000002'
const interrupted = new OperatorError('interrupted', 'Interrupted.')

let ports: FakePorts

beforeEach(() => {
  // A clock that stands still, so that no hook runs out of time.
  ports = Object.assign(new FakePorts(), {clock: new FakeClock()})
})

async function run({exitCode = 0, dryRun = false, hooks = rules} = {}) {
  const describeSet = (result: {set: {manifest: {id: string}; location: string}}) => ({
    set: result.set.manifest.id,
    location: result.set.location,
    exitCode,
  })
  const surroundings = {rules: hooks, kind: 'database' as const, database: 'shop', describe: describeSet}
  return performWithHooks(backup, {allowEmpty: false}, ports, {dryRun, lockWaitMilliseconds: 0}, surroundings)
}

/** What each hook was told of how it stands: its set, the outcome, the exit code. */
function told(): string[] {
  return ports.toolbox.started.map(({argv, environment}) =>
    [argv[0], environment.SPARKONE_SET, environment.SPARKONE_OUTCOME, environment.SPARKONE_EXIT_CODE].join(' ').trimEnd(),
  )
}

describe('the hooks of a backup', () => {
  test('run around it, and learn which set it was and how it ended', async () => {
    const {result, remarks} = await run()
    expect(result?.set.manifest.id).toBe(setId)
    expect(remarks).toEqual([])
    expect(told()).toEqual(['./before', `./after ${setId} done 0`, `./finally ${setId} done 0`])
  })

  test('run while the lock is held, and before runs ahead of everything that is read', async () => {
    ports.toolbox.onStart = ([name = '']) => ports.events.push(name)
    await run()
    const order = ports.events.filter((event) => /^(?:\.|sweep|lock|release|intent|outcome)/.test(event))
    expect(order.indexOf('./before')).toBeLessThan(order.indexOf('sweep'))
    expect(order.findIndex((event) => event === 'release')).toBe(order.indexOf('./finally') + 1)
  })

  test('are told the same as JSON on standard input', async () => {
    await run()
    expect(JSON.parse(ports.toolbox.started[1]?.input ?? '')).toEqual({
      hook: 'after',
      project: 'shop',
      environment: 'production',
      kind: 'database',
      database: 'shop',
      set: setId,
      location: expect.any(String),
      outcome: 'done',
      exitCode: 0,
      error: null,
    })
  })

  test('do not run on a dry run, nor while another run holds the lock', async () => {
    await run({dryRun: true})
    ports.lockBook.held.set('shop-production', {command: 'verify', run: 'abcdef'})
    expect((await rejection(run(), OperatorError)).kind).toBe('locked')
    expect(ports.toolbox.started).toEqual([])
  })

  test('that are not configured are no obstacle', async () => {
    const {remarks} = await run({hooks: {...rules, before: null, after: null, failed: null, finally: null}})
    expect([remarks, ports.toolbox.started]).toEqual([[], []])
  })

  test('learn that a copy off-site failed: the backup is made, with a warning', async () => {
    await run({exitCode: 1})
    expect(told().slice(1)).toEqual([`./after ${setId} warning 1`, `./finally ${setId} warning 1`])
  })
})

describe('a hook before that fails', () => {
  test('ends the backup before anything is read or made, and failed and finally still run', async () => {
    ports.toolbox.endings.set('./before', {exitCode: 7, output: 'queue is not empty\n'})
    const error = await rejection(run(), OperatorError)
    expect(error).toMatchObject({kind: 'failed', message: 'The hook before (./before) ended with 7.', details: ['queue is not empty']})
    expect([await ports.sets.list(), ports.sets.drafts.size, ports.postgres.steps, ports.log.written]).toEqual([[], 0, [], []])
    expect(told()).toEqual(['./before', './failed  failed 2', './finally  failed 2'])
  })

  test('by its time ends the backup with 7, and is ended itself', async () => {
    ports.toolbox.endings.set('./before', null)
    ports.clock.sleep = async () => {}
    const error = await rejection(run(), OperatorError)
    expect(error).toMatchObject({kind: 'timeout', message: 'The hook before (./before) takes longer than 60 s.'})
    expect(ports.toolbox.running).toBe(0)
    expect(told().at(-1)).toBe('./finally  failed 7')
  })

  test('since there is no such program ends the backup with 9', async () => {
    ports.toolbox.missing.add('./before')
    expect(await rejection(run(), OperatorError)).toMatchObject({kind: 'notFound'})
    expect(await ports.sets.list()).toEqual([])
  })
})

describe('a hook after or finally that fails', () => {
  test.each(['./after', './finally'])('loses no backup: %s is told of', async (name) => {
    ports.toolbox.endings.set(name, {exitCode: 1, output: 'no route to host\n'})
    const {result, remarks} = await run()
    expect(remarks).toEqual([`The hook ${name.slice(2)} (${name}) ended with 1. no route to host`])
    expect(await ports.sets.list()).toEqual([result?.set])
  })

  test('makes the end that finally is told of a warning', async () => {
    ports.toolbox.endings.set('./after', {exitCode: null, output: ''})
    const {remarks} = await run()
    expect(remarks).toEqual(['The hook after (./after) ended with a signal.'])
    expect(told().at(-1)).toBe(`./finally ${setId} warning 1`)
  })
})

describe('a backup that fails', () => {
  test('runs failed and finally with its exit code, and not after', async () => {
    ports.unreachable = new OperatorError('unreachable', 'The database does not answer.')
    expect(await rejection(run(), OperatorError)).toMatchObject({kind: 'unreachable', details: []})
    expect(told()).toEqual(['./before', './failed  failed 10', './finally  failed 10'])
    expect(ports.toolbox.started[1]?.environment.SPARKONE_ERROR).toBe('The database does not answer.')
  })

  test('ends with its own reason where failed fails as well, which is told beneath it', async () => {
    ports.postgres.databases.set('shop', {comment: null, tables: {}})
    ports.toolbox.endings.set('./failed', {exitCode: 3, output: ''})
    expect(await rejection(run(), OperatorError)).toMatchObject({kind: 'refused', details: ['The hook failed (./failed) ended with 3.']})
    expect(told().at(-1)).toBe('./finally  failed 4')
  })

  test('of a bug runs them too, and the bug is not hidden', async () => {
    const bug = new TypeError('x is undefined')
    ports.postgres.dump = () => {
      throw bug
    }
    await expect(run()).rejects.toBe(bug)
    expect(told()).toEqual(['./before', './failed  failed 3', './finally  failed 3'])
  })

  test('but for the journal has made its set, so that after runs, with a warning', async () => {
    const append = ports.log.append.bind(ports.log)
    ports.log.append = async (entry) => {
      if (entry.phase === 'outcome') throw new OperatorError('noSpace', 'The disk is full.')
      return append(entry)
    }
    expect(await rejection(run(), OperatorError)).toMatchObject({kind: 'warning'})
    expect(told()).toEqual(['./before', `./after ${setId} warning 1`, `./finally ${setId} warning 1`])
  })
})

describe('Ctrl-C', () => {
  test('while before runs ends that program and the backup, and failed and finally run to their end', async () => {
    ports.toolbox.endings.set('./before', null)
    ports.toolbox.onStart = ([name]) => name === './before' && ports.abort.abort(interrupted)
    expect(await rejection(run(), OperatorError)).toMatchObject({kind: 'interrupted'})
    expect(told()).toEqual(['./before', './failed  failed 130', './finally  failed 130'])
    expect([ports.toolbox.running, await ports.sets.list()]).toEqual([0, []])
  })

  test('right after before makes no backup', async () => {
    ports.toolbox.onEnd = ([name]) => name === './before' && ports.abort.abort(interrupted)
    expect(await rejection(run(), OperatorError)).toMatchObject({kind: 'interrupted'})
    expect(await ports.sets.list()).toEqual([])
  })

  test('during the dump runs failed and finally with 130, whatever the dump broke with', async () => {
    ports.postgres.dump = () => {
      ports.abort.abort(interrupted)
      throw new Error('write EPIPE')
    }
    await expect(run()).rejects.toThrow('write EPIPE')
    expect(told()).toEqual(['./before', './failed  failed 130', './finally  failed 130'])
  })

  test('while after runs ends that program, and keeps the backup', async () => {
    ports.toolbox.endings.set('./after', null)
    ports.toolbox.onStart = ([name]) => name === './after' && ports.abort.abort(interrupted)
    const {result, remarks} = await run()
    expect(remarks).toEqual(['The hook after (./after) was cut short: Interrupted.'])
    expect(await ports.sets.list()).toEqual([result?.set])
    expect(told().at(-1)).toBe(`./finally ${setId} warning 1`)
  })
})
