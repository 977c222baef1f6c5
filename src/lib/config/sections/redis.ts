import {z} from 'zod'
import {path, secret, secretUrl, section, setting, text} from '../kinds.ts'

const address = text.regex(/^(?:\[[\da-f:]+\]|[^:/\s]+)(?::\d{1,5})?$/i, {error: 'expected host:port'})

/** Where Redis is. */
export const redis = section({
  service: setting(text.prefault('redis'), 'Compose service that runs Redis.', {fallback: 'the service that runs Redis, otherwise redis'}),
  url: setting(
    secretUrl(/^rediss?:\/\//, 'redis://localhost:6379').optional(),
    'Connection URL of Redis, in the host runtime; `rediss://` is Redis over TLS.',
    {variables: ['REDIS_URL'], secret: true},
  ),
  password: setting(secret.optional(), 'Reference to the password of Redis.', {secret: true}),
  ca: setting(path.optional(), 'File with the certificates that vouch for Redis, where no public authority does.', {
    variables: ['REDIS_CA_FILE'],
    path: true,
  }),
  sentinels: setting(
    z.array(address, {error: 'expected a list of host:port'}).prefault([]),
    'Addresses of the Sentinels that know where Redis is; the URL then gives user, password and database only.',
    {variables: ['REDIS_SENTINELS'], read: 'list'},
  ),
  sentinelGroup: setting(text.prefault('mymaster'), 'Group of servers that the Sentinels watch.', {variables: ['REDIS_SENTINEL_GROUP']}),
  sentinelPassword: setting(secret.optional(), 'Reference to the password of the Sentinels.', {
    variables: ['REDIS_SENTINEL_PASSWORD'],
    secret: true,
  }),
})
