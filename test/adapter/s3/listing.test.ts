import {afterEach, beforeEach, expect, test} from 'vitest'
import {ScriptedStore} from '../../support/s3/scripted-store.ts'
import {storeAt} from '../../support/s3/stores.ts'

const folder = 'shop/production/20261122T020000Z-3f9a1c'
let server: ScriptedStore

beforeEach(async () => {
  server = await ScriptedStore.start()
})

afterEach(async () => {
  await server[Symbol.asyncDispose]()
})

const copies = () => storeAt({endpoint: server.endpoint}).copies()
const answer = (objects: string) => `<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>copies</Name><IsTruncated>false</IsTruncated>${objects}</ListBucketResult>`

test.each([
  [
    'with everything escaped that can be, and the owner between',
    `<Contents><Key>${folder.replace('-', '&#45;').replaceAll('/', '&#x2F;')}/manifest.json</Key><Owner><ID>a&amp;b</ID></Owner>
      <LastModified>2026-11-22T02:00:05.000Z</LastModified><ETag>&quot;d41d8&quot;</ETag><Size>12</Size></Contents>`,
  ],
  [
    'with elements that have attributes, which the client reads',
    `<Contents note="1"><Key>${folder}/manifest.json</Key><LastModified>2026-11-22T02:00:05.000Z</LastModified>
      <ETag>"d41d8"</ETag><Size>12</Size></Contents>`,
  ],
])('a store that answers a listing %s is understood', async (_name, objects) => {
  server.fail('list', {kind: 'body', body: answer(objects)})
  expect(await copies()).toEqual([
    {
      id: '20261122T020000Z-3f9a1c',
      complete: true,
      members: [{name: 'manifest.json', bytes: 12, etag: 'd41d8'}],
      proofAt: null,
      marksAt: null,
      newestAt: new Date('2026-11-22T02:00:05Z'),
    },
  ])
})

test.each([1, 30, 60, 99])(
  'a listing that breaks off after %i percent is asked for again, and nothing is taken for gone',
  async (percent) => {
    for (const hour of ['02', '03', '04'])
      server.memory.put(`shop/production/20261122T${hour}0000Z-3f9a1c/manifest.json`, Buffer.from('{}'), {})
    const whole = await copies()
    server.fail('list', {kind: 'cutAnswer', bytes: Math.floor(percent * 9)}, {times: 2})
    expect(await copies()).toEqual(whole)
    expect(whole).toHaveLength(3)
  },
)

test('a listing that ends in the middle and calls itself whole is no listing', async () => {
  const whole = answer(`<Contents><Key>${folder}/manifest.json</Key><Size>12</Size></Contents><Contents><Key>${folder}/database.dump</Key>`)
  server.fail('list', {kind: 'body', body: whole.replace('</ListBucketResult>', '')}, {times: 9})
  await expect(copies()).rejects.toMatchObject({message: expect.stringContaining('did not list its objects')})
})
