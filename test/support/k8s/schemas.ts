import {mkdtemp, rm, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {z} from 'zod'
import type {Resource} from './resources.ts'

const root = path.resolve(import.meta.dirname, '../../..')

const metadata = z.strictObject({name: z.string(), namespace: z.string(), labels: z.record(z.string(), z.string())})
const quantity = z.string().regex(/^\d+(m|Ki|Mi|Gi|Ti)?$/)
const amounts = z.strictObject({cpu: quantity, memory: quantity})
const key = z.strictObject({name: z.string(), key: z.string()})
const storage = z.strictObject({size: quantity, storageClass: z.string().optional()})

/**
 * The parts in use of the custom resources, field by field as in the CRDs of CloudNativePG 1.27 and its Barman Cloud plugin 0.9;
 * no package carries those CRDs, so this is no more than our own reading of them.
 */
const customResources: Record<string, z.ZodType> = {
  'postgresql.cnpg.io/v1/Cluster': custom(
    z.strictObject({
      instances: z.int().min(1),
      imageName: z.string(),
      primaryUpdateStrategy: z.enum(['unsupervised', 'supervised']),
      enableSuperuserAccess: z.boolean(),
      bootstrap: z.strictObject({
        initdb: z.strictObject({
          database: z.string(),
          owner: z.string(),
          dataChecksums: z.boolean(),
          encoding: z.string(),
          postInitApplicationSQL: z.array(z.string()),
        }),
      }),
      managed: z.strictObject({roles: z.array(z.strictObject({name: z.string(), login: z.boolean(), createdb: z.boolean()}))}),
      postgresql: z.strictObject({
        parameters: z.record(z.string(), z.string()),
        synchronous: z
          .strictObject({method: z.enum(['any', 'first']), number: z.int().min(1), dataDurability: z.enum(['required', 'preferred'])})
          .optional(),
      }),
      storage,
      walStorage: storage,
      resources: z.strictObject({requests: amounts, limits: amounts}),
      affinity: z.strictObject({
        enablePodAntiAffinity: z.boolean(),
        topologyKey: z.string(),
        podAntiAffinityType: z.enum(['preferred', 'required']),
      }),
      plugins: z.array(
        z.strictObject({name: z.string(), isWALArchiver: z.boolean(), parameters: z.strictObject({barmanObjectName: z.string()})}),
      ),
    }),
  ),
  'postgresql.cnpg.io/v1/ScheduledBackup': custom(
    z.strictObject({
      // With a field for seconds, unlike a CronJob.
      schedule: z.string().regex(/^\S+( \S+){5}$/),
      immediate: z.boolean(),
      backupOwnerReference: z.enum(['none', 'self', 'cluster']),
      cluster: z.strictObject({name: z.string()}),
      method: z.enum(['barmanObjectStore', 'volumeSnapshot', 'plugin']),
      pluginConfiguration: z.strictObject({name: z.string()}),
    }),
  ),
  'barmancloud.cnpg.io/v1/ObjectStore': custom(
    z.strictObject({
      retentionPolicy: z.string().regex(/^[1-9][0-9]*[dwm]$/),
      configuration: z.strictObject({
        destinationPath: z.string().regex(/^s3:\/\/[a-z0-9-]+\/$/),
        s3Credentials: z.strictObject({accessKeyId: key, secretAccessKey: key, region: key}),
        wal: z.strictObject({compression: z.enum(['bzip2', 'gzip', 'lz4', 'snappy', 'xz', 'zstd']), maxParallel: z.int().min(1)}),
        data: z.strictObject({compression: z.enum(['bzip2', 'gzip', 'snappy']), jobs: z.int().min(1)}),
      }),
    }),
  ),
}

function custom(spec: z.ZodType) {
  return z.strictObject({apiVersion: z.string(), kind: z.string(), metadata, spec})
}

/** Returns what the published schema of its kind has against a resource, a line each. Throws where no schema is known. */
export async function schemaProblems(resource: Resource): Promise<string[]> {
  const {
    apiVersion,
    kind,
    metadata: {name},
  } = resource
  const ours = customResources[`${apiVersion}/${kind}`]
  if (ours)
    return (ours.safeParse(resource).error?.issues ?? []).map((issue) => `${kind}/${name} ${issue.path.join('.')}: ${issue.message}`)
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion]
  const id = ['IoK8sApi', group.split('.')[0]!, version, kind].map((part) => part[0]!.toUpperCase() + part.slice(1)).join('')
  const {validate} = (await import(`kubernetes-models/_schemas/${id}`)) as {validate: Validate}
  if (validate(resource)) return []
  return (validate.errors ?? []).map((error) => `${kind}/${name} ${error.instancePath}: ${error.keyword} ${JSON.stringify(error.params)}`)
}

interface Validate {
  (resource: unknown): boolean
  errors?: {instancePath: string; keyword: string; params: unknown}[] | null
}

/** Returns what the compiler says of fields that no type of Kubernetes has; the schemas let such fields pass, as the server would not. */
export async function unknownFields(resources: readonly Resource[]): Promise<string> {
  const known = resources.filter(({apiVersion, kind}) => !customResources[`${apiVersion}/${kind}`])
  const lines = known.flatMap((resource, index) => {
    const {
      apiVersion,
      kind,
      metadata: {name},
    } = resource
    return [
      `import type {I${kind} as Kind${index}} from 'kubernetes-models/${apiVersion}'`,
      `// ${kind}/${name}`,
      `export const resource${index}: Kind${index} = ${JSON.stringify(resource)}`,
    ]
  })
  const folder = await mkdtemp(path.join(tmpdir(), 'k8s-'))
  try {
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
    await writeFile(path.join(folder, 'package.json'), '{"type": "module"}')
    await writeFile(path.join(folder, 'resources.ts'), lines.join('\n'))
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2023', '--types', '']
    const compiler = path.join(root, 'node_modules/.bin/tsc')
    return (await execa(compiler, [...options, 'resources.ts'], {cwd: folder, reject: false})).stdout
  } finally {
    await rm(folder, {recursive: true})
  }
}
