import {mkdir, readFile} from 'node:fs/promises'
import path from 'node:path'
import {CreateBucketCommand, GetObjectRetentionCommand, PutBucketPolicyCommand, S3Client} from '@aws-sdk/client-s3'
import {execa} from 'execa'
import {afterAll, beforeAll, expect, test} from 'vitest'
import {systemClock} from '../../../src/lib/adapters/clock.ts'
import {recoverySteps} from '../../../src/lib/domain/recovery-steps.ts'
import {collect} from '../../support/fakes/store.ts'
import {folderWith} from '../../support/folder.ts'
import {copySet, manifestWith, mebibyte, noise, storeAt} from '../../support/s3/stores.ts'
import {requireTestbed, startObjectStore, type HostObjectStore} from '../../support/testbed/index.ts'

type Keys = {accessKeyId: string; secretAccessKey: string}

/** What an append-only key may do. */
const appendOnly = [
  'PutObject',
  'PutObjectRetention',
  'ListBucket',
  'ListBucketMultipartUploads',
  'ListMultipartUploadParts',
  'AbortMultipartUpload',
]

const dump = noise(18 * mebibyte)
let server: HostObjectStore | null = null
let owner: Keys
let writer: Keys
let client: S3Client

beforeAll(async () => {
  const {peers} = await requireTestbed()
  if (!peers['ceph-mon'] || !peers['ceph-osd'] || !peers.radosgw) return
  server = await startObjectStore({'ceph-mon': peers['ceph-mon'], 'ceph-osd': peers['ceph-osd'], radosgw: peers.radosgw})
  owner = await server.addUser('owner')
  writer = await server.addUser('writer')
  client = new S3Client({endpoint: server.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: owner})
  await client.send(new CreateBucketCommand({Bucket: 'copies', ObjectLockEnabledForBucket: true}))
  const who = {Principal: {AWS: ['arn:aws:iam:::user/writer']}, Resource: ['arn:aws:s3:::copies', 'arn:aws:s3:::copies/*']}
  await client.send(
    new PutBucketPolicyCommand({
      Bucket: 'copies',
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {Effect: 'Allow', Action: appendOnly.map((action) => `s3:${action}`), ...who},
          {Effect: 'Allow', Action: ['s3:GetObject'], ...who, Principal: {AWS: ['arn:aws:iam:::user/owner']}},
          // Whoever stores an object owns it, and could read it.
          {Effect: 'Deny', Action: ['s3:GetObject', 's3:DeleteObject'], ...who},
        ],
      }),
    }),
  )
})

afterAll(async () => {
  client?.destroy()
  await server?.[Symbol.asyncDispose]()
})

const storeOf = (keys: Keys, traits: object = {}) =>
  storeAt({endpoint: server!.endpoint, keys, clock: systemClock, timeoutMilliseconds: 10_000, ...traits})
const missing = 'radosgw, ceph-mon or ceph-osd is missing'

test('a copy comes back as it was, from a store that checks every signature', async ({skip}) => {
  skip(!server, missing)
  const store = storeOf(owner, {prefix: 'plain'})
  const set = await copySet(store, dump)
  expect(dump.equals(await collect(store.read(set, 'database.dump')))).toBe(true)
  expect((await store.list()).map(({manifest}) => manifest.id)).toEqual([set.manifest.id])
  expect(await store.unfinished()).toEqual([])
})

test('keys that may only add make a copy, and can neither read nor remove it', async ({skip}) => {
  skip(!server, missing)
  const store = storeOf(writer, {prefix: 'append'})
  const set = await copySet(store, dump)
  expect(await store.copies()).toMatchObject([{id: set.manifest.id, complete: true}])
  await expect(store.remove(set)).rejects.toMatchObject({kind: 'denied'})
  const read = async () => (await collect(store.read(set, 'database.dump'))).length
  await expect(read()).rejects.toMatchObject({kind: 'denied'})
  expect(await storeOf(owner, {prefix: 'append'}).list()).toHaveLength(1)
})

test('a wrong key is told as such', async ({skip}) => {
  skip(!server, missing)
  const store = storeOf({...owner, secretAccessKey: 'wrong'})
  await expect(store.copies()).rejects.toMatchObject({kind: 'denied', hint: expect.stringContaining('keys')})
})

test('a locked copy outlives its removal by the owner of the bucket', async ({skip}) => {
  skip(!server, missing)
  const store = storeOf(owner, {prefix: 'locked', objectLock: {mode: 'compliance', days: 30}})
  const set = await copySet(store, dump)
  const Key = `locked/shop/production/${set.manifest.id}/database.dump`
  const {Retention} = await client.send(new GetObjectRetentionCommand({Bucket: 'copies', Key}))
  expect(Retention?.Mode).toBe('COMPLIANCE')
  expect((Retention!.RetainUntilDate!.getTime() - Date.now()) / 86_400_000).toBeCloseTo(30, 1)
  const {DeleteObjectCommand, ListObjectVersionsCommand} = await import('@aws-sdk/client-s3')
  const {Versions = []} = await client.send(new ListObjectVersionsCommand({Bucket: 'copies', Prefix: Key}))
  await expect(client.send(new DeleteObjectCommand({Bucket: 'copies', Key, VersionId: Versions[0]!.VersionId!}))).rejects.toMatchObject({
    $metadata: {httpStatusCode: 403},
  })
  expect(await store.remove(set)).toBe('hidden')
  expect(await store.list()).toEqual([])
})

test('the steps beside a backup fetch it out of the bucket with curl alone', async ({skip}) => {
  skip(!server, missing)
  const store = storeOf(owner, {prefix: 'fetched'})
  const {manifest} = await copySet(store, dump)
  const steps = recoverySteps({...manifestWith([]), id: manifest.id, archives: ['database.dump']})
  const [, fetching = ''] = /```console\n([^]*?)```/.exec(steps) ?? []
  const commands = fetching
    .replace('ACCESS_KEY_ID', owner.accessKeyId)
    .replace('SECRET_ACCESS_KEY', owner.secretAccessKey)
    .replace('REGION', 'us-east-1')
    .replace('https://STORE/BUCKET/FOLDER', `${server!.endpoint}/copies/fetched/shop/production`)
  const folder = path.join(folderWith({}), 'fetched')
  await mkdir(folder)
  await execa('bash', ['-e', '-c', commands], {cwd: folder})
  expect(dump.equals(await readFile(path.join(folder, 'database.dump')))).toBe(true)
  expect(JSON.parse(await readFile(path.join(folder, 'manifest.json'), 'utf8'))).toMatchObject({id: manifest.id})
  expect(await readFile(path.join(folder, 'globals.sql'), 'utf8')).toContain('CREATE ROLE')
})

test('an upload that was left is gone on with', async ({skip}) => {
  skip(!server, missing)
  const store = storeOf(owner, {prefix: 'resumed'})
  const id = '20261122T020000Z-3f9a1c'
  const begun = await store.copy(id, dump.length)
  await begun.write(
    'database.dump',
    (async function* () {
      yield dump
    })(),
  )
  const before = await store.unfinished()
  expect(before).toMatchObject([{id, name: 'database.dump'}])
  const set = await copySet(store, dump)
  expect(await store.unfinished()).toEqual([])
  expect(dump.equals(await collect(store.read(set, 'database.dump')))).toBe(true)
})
