import {createHash} from 'node:crypto'
import {join} from 'node:path'
import type {Config} from '../../config/schema.ts'
import type {Clock, OffsiteTarget} from '../../ports.ts'
import {ObjectMemory} from './memory.ts'
import type {ConnectionOptions} from './connection.ts'
import {S3Store, type S3StoreOptions} from './store.ts'
import {Throttle} from './throttle.ts'

export interface TargetsOptions {
  config: Pick<Config, 'project' | 'environment' | 'backup'>
  /** Folder of what sparkone remembers between runs. */
  state: string
  clock: Clock
  signal: AbortSignal
}

/** Returns the targets of the configuration. Nothing is connected. */
export function openTargets(options: TargetsOptions): OffsiteTarget[] {
  const {backup} = options.config
  return backup.offsite.map((target) => ({
    name: target.name,
    maxAgeMilliseconds: target.maxAge ?? backup.maxAge,
    store: new S3Store(storeOptions(target, options)),
  }))
}

type Target = Config['backup']['offsite'][number]

function storeOptions(target: Target, {config: {project, environment}, state, clock, signal}: TargetsOptions): S3StoreOptions {
  const {bucket, prefix, encryption, kmsKeyId = null, storageClass = null, objectLock = null, bandwidth, partSize = null} = target
  return {
    bucket,
    prefix,
    project,
    environment,
    encryption: encryption ? {algorithm: encryption, keyId: kmsKeyId} : null,
    storageClass,
    objectLock,
    throttle: bandwidth === undefined ? null : new Throttle(bandwidth, clock),
    partBytes: partSize,
    concurrency: target.concurrency,
    memory: new ObjectMemory(join(state, 'offsite', `${placeOf(target, project, environment)}.jsonl`)),
    connection: {...connectionOptions(target), clock, signal},
  }
}

function connectionOptions(target: Target): Omit<ConnectionOptions, 'clock' | 'signal'> {
  const {endpoint = null, region, pathStyle = endpoint !== null, accessKeyId, secretAccessKey, timeout, attempts} = target
  const keys = accessKeyId && secretAccessKey ? {accessKeyId: accessKeyId.reveal(), secretAccessKey: secretAccessKey.reveal()} : null
  return {endpoint, region, pathStyle, keys, timeoutMilliseconds: timeout, attempts}
}

/** Returns a name for the memory of a place, which another target of the same name does not share. */
function placeOf({endpoint = 'aws', region, bucket, prefix}: Target, project: string, environment: string): string {
  const place = [endpoint, region, bucket, prefix, project, environment].join('\n')
  return createHash('sha256').update(place).digest('hex').slice(0, 16)
}
