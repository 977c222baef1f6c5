import path from 'node:path'
import {Config, type Command} from '@oclif/core'
import {describe, expect, test} from 'vitest'
import {jobNames, jobs} from '../../src/lib/domain/job.ts'
import {callProblems, commandNames} from '../support/runbook-checks.ts'

const root = path.resolve(import.meta.dirname, '../..')

describe.each(jobNames)('the job %s', (job) => {
  const words: readonly string[] = jobs[job].words

  test('is typed as its command understands it', async () => {
    expect(await callProblems([...words, '--cron'])).toEqual([])
  })

  // Otherwise it would be due for ever, and run every five minutes.
  test('is known by its command, so that its runs are remembered', async () => {
    const depth = commandNames.includes(words.slice(0, 2).join(' ')) ? 2 : 1
    const file = path.join(root, 'src/commands', `${words.slice(0, depth).join('/')}.ts`)
    const {default: command} = (await import(file)) as {
      default: new (argv: string[], config: Config) => Command & {job(): Promise<string | null>}
    }
    const config = await Config.load({root, pjson: {name: 'sparkone', version: '0.1.0', oclif: {bin: 'sparkone'}}})
    expect(await new command([...words.slice(depth), '--cron'], config).job()).toBe(job)
  })
})
