import {readFile, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {afterAll, beforeAll, beforeEach, describe, expect, it} from 'vitest'
import {openHostScene, type HostScene} from '../support/faults/host-scene.ts'
import {shop} from '../support/faults/scene.ts'
import {requireTestbed, type Testbed} from '../support/testbed/index.ts'

describe('several databases of one server', () => {
  let testbed: Testbed
  let scene: HostScene
  const answerOf = async (...words: string[]) => JSON.parse((await scene.run([...words, '--json'])).stdout)

  beforeAll(async () => {
    testbed = await requireTestbed()
    if (!testbed.hostPostgresBin) return
    scene = await openHostScene(testbed)
    await scene.sql('CREATE DATABASE billing', 'postgres')
    await scene.sql('CREATE TABLE invoices AS SELECT generate_series(1, 7) AS id', 'billing')
    const file = path.join(scene.folder, 'sparkone.yml')
    await writeFile(file, (await readFile(file, 'utf8')).replace('backup: {', `backup: {databases: [${shop}, billing], `))
  })
  afterAll(() => scene?.[Symbol.asyncDispose]())
  beforeEach(({skip}) => skip(!scene, 'PostgreSQL is missing'))

  it('are backed up in one run, a set each', async () => {
    const answer = await answerOf('backup')
    expect(answer).toMatchObject({
      exitCode: 0,
      sets: [{database: shop}, {database: 'billing', tables: [{name: 'invoices', rows: 7}]}],
    })
  })

  it('are restored one by one, the others as they are', async () => {
    const before = await scene.sql('SELECT count(*) FROM pg_database')
    await scene.sql('DELETE FROM invoices', 'billing')
    expect(await answerOf('restore', 'latest', '--yes')).toMatchObject({exitCode: 3, error: {kind: 'usage'}})
    expect(await answerOf('restore', 'latest', '--database', 'billing', '--yes')).toMatchObject({exitCode: 0, database: 'billing', rows: 7})
    expect(await scene.sql('SELECT count(*) FROM invoices', 'billing')).toBe('7')
    expect(Number(await scene.sql('SELECT count(*) FROM pg_database'))).toBe(Number(before) + 1)
  })

  it('are told apart where one alone is backed up from now on', async () => {
    const file = path.join(scene.folder, 'sparkone.yml')
    await writeFile(file, (await readFile(file, 'utf8')).replace(`databases: [${shop}, billing], `, ''))
    const {backups} = await answerOf('restore', '--list')
    const [billing, own] = ['billing', shop].map((name) => backups.find(({database}: {database: string}) => database === name).id)
    expect(await answerOf('restore', billing, '--yes')).toMatchObject({exitCode: 3, error: {hint: 'Say --database billing.'}})
    expect((await answerOf('restore', 'latest', '--dry-run')).plan[0]).toContain(own)
  })
})
