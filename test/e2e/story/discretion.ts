import {readdir, readFile} from 'node:fs/promises'
import {setTimeout as delay} from 'node:timers/promises'
import {expect, it} from 'vitest'
import {textsBelow, type Desk} from './desk.ts'
import type {AskDesk} from './swap.ts'

/** Between two looks at the processes of the machine, so that looking does not slow down what is looked at. */
const pauseMilliseconds = 20

/** Everything that a run could change, as one text. */
async function everything(desk: Desk): Promise<string> {
  const files = [...(await textsBelow(desk.backups)), ...(await textsBelow(desk.state))]
  const written = files.map(({file, text}) => `${file} ${text.length}`).toSorted()
  return [...(await desk.databases()), ...written].join('\n')
}

/** Command lines of all processes of the machine, containers included, for as long as the work lasts. */
async function commandLinesDuring(work: Promise<unknown>): Promise<Set<string>> {
  const seen = new Set<string>()
  const over = new AbortController()
  const watch = async () => {
    while (!over.signal.aborted) {
      const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
      // A process may end between being listed and being read.
      for (const id of ids) seen.add((await readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' '))
      await delay(pauseMilliseconds)
    }
  }
  const watching = watch()
  await work.finally(() => over.abort())
  await watching
  return seen
}

export function discretionStory(ask: AskDesk): void {
  it('stays as it is when a run only shows its plan', async ({skip}) => {
    const desk = ask(skip)
    await desk.does(['backup'])
    const before = await everything(desk)
    for (const words of [['backup'], ['verify'], ['restore', 'latest'], ['restore', 'latest', '--yes']]) {
      const {status, plan} = await desk.does([...words, '--dry-run'])
      expect(status).toBe('planned')
      expect(plan).toContainEqual(expect.stringMatching(/dump|restore/))
    }
    expect((await desk.run(['backup', '--dry-run'])).stdout).toMatch(/^Would:\n[^]*Nothing was changed\.$/m)
    expect(await everything(desk)).toBe(before)
  })

  it('is backed up by cron without a word when all is well, and with one block when it begins to fail', async ({skip}) => {
    const desk = ask(skip)
    const cron = async (name: string) => {
      const {code, stdout, stderr} = await desk.run(['backup', '--cron'], {environment: {DB_NAME: name}})
      expect(stdout).toBe('')
      return {code, stderr}
    }
    const {name} = desk.stack.database
    expect(await cron(name)).toEqual({code: 0, stderr: ''})
    const failed = await cron('nowhere')
    expect(failed).toEqual({code: 9, stderr: expect.stringMatching(/^sparkone backup ended with 9\n[^]*nowhere[^]*\nNext: .*\n$/)})
    expect(await cron('nowhere')).toEqual({code: 9, stderr: ''})
    expect(await cron(name)).toEqual({code: 0, stderr: 'sparkone backup: all is well again.\n'})
    expect(await cron(name)).toEqual({code: 0, stderr: ''})
  })

  it('keeps its passwords: they stand in no command line, output, journal or backup', async ({skip}) => {
    const desk = ask(skip)
    const {database, redisPassword} = desk.stack
    const where = {environment: {DB_PASSWORD: database.password}}
    const lines = await commandLinesDuring(desk.does(['backup'], where).then(() => desk.does(['verify'], where)))
    const seen = [...lines]
    expect(seen.some((line) => line.includes('pg_dump --format=custom'))).toBe(true)
    expect(seen.some((line) => line.includes('pg_restore'))).toBe(true)
    const journal = (await textsBelow(desk.state)).filter(({file}) => file.endsWith('.jsonl'))
    expect(journal).not.toEqual([])
    const files = [...(await textsBelow(desk.state)), ...(await textsBelow(desk.backups))]
    const texts = [...seen, ...desk.printed, ...files.map(({text}) => text)]
    for (const secret of [database.password, redisPassword, 'password-of-the-reader']) {
      expect(texts.filter((text) => text.includes(secret)).map((text) => text.slice(0, 200))).toEqual([])
    }
  })
}
