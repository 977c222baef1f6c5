import {z} from 'zod'
import {duration, identifier, oneOf, secret, section, setting, size, text, webAddress} from '../kinds.ts'

const mebibyte = 1024 * 1024

const objectLock = section({
  mode: setting(oneOf(['governance', 'compliance']), 'Who may end the lock early: some users (governance), or nobody (compliance).'),
  days: setting(
    z.int({error: 'expected a number of days'}).min(1, {error: 'expected a number of days'}),
    'Days for which nothing of a copy can be changed or removed.',
  ),
})

const target = section({
  name: setting(identifier, 'What the target is called here.'),
  bucket: setting(text, 'Bucket, which must exist.'),
  prefix: setting(z.string({error: 'expected text'}).prefault(''), 'Beginning of all names in the bucket.', {fallback: 'none'}),
  endpoint: setting(webAddress.optional(), 'Address of the store.', {fallback: 'that of AWS'}),
  region: setting(text.prefault('us-east-1'), 'Region, as far as the store knows any.'),
  pathStyle: setting(
    z.boolean({error: 'expected true or false'}).optional(),
    'Whether the bucket stands in the path instead of the host name.',
    {fallback: 'true where an endpoint is set'},
  ),
  accessKeyId: setting(secret.optional(), 'Reference to the access key.', {
    secret: true,
    fallback: 'found as the programs of AWS find it (environment, ~/.aws, role of the machine)',
  }),
  secretAccessKey: setting(secret.optional(), 'Reference to the secret key.', {secret: true}),
  encryption: setting(oneOf(['AES256', 'aws:kms']).optional(), 'Encryption that the store is asked for.'),
  kmsKeyId: setting(text.optional(), 'Key for `aws:kms`.', {fallback: 'the default key of the bucket'}),
  storageClass: setting(
    text.optional(),
    'Storage class of what is stored, such as `STANDARD_IA`. With `GLACIER` and `DEEP_ARCHIVE`, what listings read stays in the class of the bucket.',
    {fallback: 'that of the bucket'},
  ),
  objectLock: setting(objectLock.optional(), 'Lock of every copy against change and removal; the bucket must allow it.'),
  bandwidth: setting(size('5MiB', 1024).optional(), 'Bytes a second that are sent at most, such as `5MiB`.', {fallback: 'no limit'}),
  partSize: setting(
    size('16MiB', 5 * mebibyte).optional(),
    'Bytes of one part of an upload, at least 5 MiB; `concurrency` + 1 of them are held in memory, or `backup.jobs` + 1 where that is more.',
    {
      fallback: '6 MiB, more where 10,000 parts would not do',
    },
  ),
  concurrency: setting(
    z
      .int({error: 'expected a number between 1 and 16'})
      .min(1, {error: 'expected a number between 1 and 16'})
      .max(16, {error: 'expected a number between 1 and 16'})
      .prefault(3),
    'Parts sent at the same time.',
  ),
  timeout: setting(duration.prefault('30s'), 'How long the store may say nothing.'),
  attempts: setting(
    z.int({error: 'expected a number of attempts'}).min(1, {error: 'expected a number of attempts'}).prefault(6),
    'How often a request is tried before the copy is given up.',
  ),
  maxAge: setting(duration.optional(), 'Age of the newest copy from which health warns.', {fallback: '`backup.maxAge`'}),
}).refine((value) => (value.accessKeyId === undefined) === (value.secretAccessKey === undefined), {
  error: 'expected accessKeyId and secretAccessKey together, or neither',
})

/** Copies of each backup in S3-compatible stores. */
export const offsite = setting(
  z
    .array(target, {error: 'expected a list of targets'})
    .refine((targets) => new Set(targets.map(({name}) => name)).size === targets.length, {error: 'expected each name once'})
    .prefault([]),
  'Stores away from this machine that each backup is copied to.',
)
