import {expect, it} from 'vitest'
import {connectionTo} from './desk.ts'
import type {AskDesk} from './swap.ts'

/** Each is several of the names that break tools: an option with quotes, blanks and a command; a connection string as long as a name can be. */
const names = [`-rf a=b "Ö" 'x' -\\ $(id)`, `postgresql://elsewhere/x?y=z&%41${'ä'.repeat(15)}x`] as const

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

export function nameStory(ask: AskDesk): void {
  it.for(names)('%s goes through backup, verify, restore and its undoing', async (name, {skip}) => {
    const desk = ask(skip)
    const where = {environment: {DB_NAME: name}}
    const others = await desk.databases()
    await desk.stack.sql(`CREATE DATABASE ${quoted(name)}`, 'postgres')
    // Settings of the database must not get in the way of the very commands that restore it.
    await desk.stack.sql(`ALTER DATABASE ${quoted(name)} SET default_transaction_read_only = on`, 'postgres')
    await desk.stack.sql(`ALTER DATABASE ${quoted(name)} SET statement_timeout = '50ms'`, 'postgres')
    const change = (sql: string) =>
      desk.stack.sql(`SET default_transaction_read_only = off; SET statement_timeout = 0; ${sql}`, connectionTo(name))
    await change(`CREATE TABLE "Table" (id int PRIMARY KEY); INSERT INTO "Table" SELECT generate_series(1, 10)`)
    const before = await desk.dump(name)
    const {id, database} = await desk.does(['backup'], where)
    expect(database).toBe(name)
    expect(await desk.does(['verify', String(id)], where)).toMatchObject({proof: {passed: true, rows: 10}})
    await change(`DELETE FROM "Table" WHERE id > 3`)
    const lost = await desk.dump(name)
    const {kept} = await desk.does(['restore', String(id), '--yes'], where)
    expect(await desk.dump(name)).toBe(before)
    const undone = await desk.does(['restore', '--undo', '--yes'], where)
    expect(undone.broughtBack).toBe(kept)
    expect(await desk.dump(name)).toBe(lost)
    const mine = [name, String(undone.kept)]
    expect((await desk.databases()).toSorted()).toEqual([...others, ...mine].toSorted())
    for (const each of mine) await desk.stack.sql(`DROP DATABASE ${quoted(each)}`, 'postgres')
  })
}
