import {expect, it} from 'vitest'
import type {Desk} from './desk.ts'

export type AskDesk = (skip: (note: string) => never) => Desk

const accident = `DROP TABLE lines; UPDATE plain SET note = 'overwritten'; DELETE FROM messages; SELECT lo_unlink(oid) FROM pg_largeobject_metadata;`
/** The API waits a moment before it tries again. */
const comesBackMilliseconds = 15_000

async function apiStatus({stack}: Desk): Promise<number> {
  return (await fetch(`${stack.apiUrl}/health/database`).catch(() => null))?.status ?? 0
}

export function swapStory(ask: AskDesk): void {
  it('comes back from a proven backup as the very same text, and the loss can be had back and undone again', async ({skip}) => {
    const desk = ask(skip)
    const before = await desk.dump()
    const {id} = await desk.does(['backup'])
    const {proof} = await desk.does(['verify'])
    expect(proof).toMatchObject({id, passed: true, differences: [], serverVersion: expect.stringMatching(/^17\./)})
    await desk.stack.sql(accident)
    const lost = await desk.dump()
    expect(lost).not.toBe(before)

    const restored = await desk.does(['restore', 'latest', '--yes'])
    expect(restored).toMatchObject({label: id, database: desk.stack.database.name})
    await expect.poll(() => apiStatus(desk), {timeout: comesBackMilliseconds}).toBe(200)
    expect(await desk.dump()).toBe(before)

    await desk.does(['restore', '--undo', '--yes'])
    expect(await desk.dump()).toBe(lost)
    await desk.does(['restore', '--undo', '--yes'])
    expect(await desk.dump()).toBe(before)
    await expect.poll(() => apiStatus(desk), {timeout: comesBackMilliseconds}).toBe(200)
  })

  it('is kept beside the restored one, and the list says so', async ({skip}) => {
    const desk = ask(skip)
    const {backups, broken, kept} = await desk.does(['restore', '--list'])
    expect(backups).toEqual([expect.objectContaining({database: desk.stack.database.name, proven: true})])
    expect(broken).toEqual([])
    expect(kept).toEqual([expect.objectContaining({why: 'restore --undo'})])
    const [{name}] = kept as [{name: string}]
    expect(await desk.databases()).toContain(name)
    expect((await desk.run(['restore', '--list'])).stdout).toContain(name)
  })

  it('that is gone altogether is made anew', async ({skip}) => {
    const desk = ask(skip)
    const before = await desk.dump()
    await desk.stack.sql(`DROP DATABASE "${desk.stack.database.name}" WITH (FORCE)`, 'postgres')
    const {kept} = await desk.does(['restore', 'latest', '--yes'])
    expect(kept).toBeNull()
    expect(await desk.dump()).toBe(before)
  })
}
