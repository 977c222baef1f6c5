import {readdirSync, readFileSync} from 'node:fs'
import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {beforeAll, describe, expect, it} from 'vitest'
import {parseAllDocuments} from 'yaml'
import {readConfig, variables} from '../../ops/api/config.ts'
import {loadConfig} from '../../src/lib/config/load.ts'
import {buildOverlay, environments, k8sFolder, readKustomization, type EnvironmentName} from '../support/k8s/kustomize.ts'
import {selects} from '../support/k8s/network.ts'
import {containersOf, find, podsOf, type Pod, type Resource, type Tree, type Volume} from '../support/k8s/resources.ts'
import {schemaProblems, unknownFields} from '../support/k8s/schemas.ts'
import {opsFolder} from '../support/ops/compose-files.ts'
import {callProblems} from '../support/runbook-checks.ts'

/** What the operators of Kubernetes make, and the keys in it. */
const madeByOperators: Record<string, string[]> = {'database-app': ['password'], 'database-ca': ['ca.crt']}

const exampleSecrets = parseAllDocuments(readFileSync(path.join(k8sFolder, 'secrets.example.yaml'), 'utf8')).map(
  (document) => document.toJS() as Resource,
)
const built = new Map<EnvironmentName, Resource[]>()

beforeAll(async () => {
  for (const environment of environments) built.set(environment, await buildOverlay(environment))
}, 900_000)

describe.each(environments)('%s on Kubernetes', (environment) => {
  const resources = () => built.get(environment)!
  const pods = () => podsOf(resources())
  const the = (kind: string, name: string) => find(resources(), kind, name)!

  it('fits the published schemas, field by field', async () => {
    expect((await Promise.all(resources().map(schemaProblems))).flat()).toEqual([])
    expect(await unknownFields(resources())).toBe('')
  })

  it('lives in one namespace that runs confined pods only', () => {
    const [namespace] = resources().filter(({kind}) => kind === 'Namespace')
    expect(namespace!.metadata.labels).toMatchObject({'pod-security.kubernetes.io/enforce': 'restricted'})
    for (const resource of resources().filter(({kind}) => kind !== 'Namespace'))
      expect(resource.metadata.namespace).toBe(namespace!.metadata.name)
  })

  it('confines every container: no root, no capabilities, nothing to write to but what is mounted, limits for everything', () => {
    expect(pods().map(({owner}) => owner)).toEqual(['Deployment/api', 'StatefulSet/redis', 'CronJob/backup', 'Job/migrate'])
    for (const pod of pods()) {
      expect(pod.spec).toMatchObject({automountServiceAccountToken: false, enableServiceLinks: false})
      expect(pod.spec.securityContext).toMatchObject({runAsNonRoot: true, seccompProfile: {type: 'RuntimeDefault'}})
      for (const {securityContext, resources: amounts} of containersOf(pod)) {
        expect(securityContext).toEqual({allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: ['ALL']}})
        expect(Object.keys({...amounts.requests, ...amounts.limits})).toEqual(['cpu', 'memory'])
        expect(Object.keys(amounts.limits)).toEqual(['cpu', 'memory'])
      }
    }
  })

  it('pins every image to a version, the one that Compose runs', () => {
    const compose = readFileSync(path.join(opsFolder, 'docker-compose.prod.yml'), 'utf8')
    const version = /SPARKONE_VERSION:-([\d.]+)/.exec(compose)![1]
    const inCompose = (image: string) =>
      compose.includes(`image: ${image}\n`) || compose.includes(`:-${image.split(':')[0]}}:\${SPARKONE_VERSION:-${image.split(':')[1]}}`)
    const images = new Set(pods().flatMap((pod) => containersOf(pod).map(({image}) => image)))
    expect([...images].filter((image) => !inCompose(image))).toEqual([])
    expect([...images].filter((image) => image.endsWith(`:${version}`))).toHaveLength(2)
    // The operator's image is another one; backups need the same major as the image of sparkone brings.
    const dockerfile = readFileSync(path.join(opsFolder, '../Dockerfile'), 'utf8')
    const [, major] = /^FROM pgvector\/pgvector:\S+-pg(\d+)$/m.exec(dockerfile)!
    expect(the('Cluster', 'database').spec.imageName).toMatch(new RegExp(`:${major}\\.\\d+-standard-[a-z]+$`))
  })

  it('names only secrets and settings that are there, with the keys that are read', () => {
    const there = new Map<string, string[]>([
      ...exampleSecrets.map(({metadata, stringData}) => [`secret ${metadata.name}`, Object.keys(stringData!)] as [string, string[]]),
      ...Object.entries(madeByOperators).map(([name, keys]) => [`secret ${name}`, keys] as [string, string[]]),
      ...resources().flatMap(({kind, metadata, data}) =>
        kind === 'ConfigMap' ? [[`settings ${metadata.name}`, Object.keys(data!)] as [string, string[]]] : [],
      ),
    ])
    const inVolumes = pods().flatMap(({spec}) => (spec.volumes ?? []).flatMap(sourcesOf))
    const inEnvironments = pods().flatMap((pod) =>
      containersOf(pod).flatMap(({envFrom = [], env = []}) => [
        ...envFrom.map(({configMapRef: {name}}) => ({from: `settings ${name}`, keys: []})),
        ...env.flatMap(({valueFrom}) =>
          valueFrom ? [{from: `secret ${valueFrom.secretKeyRef.name}`, keys: [valueFrom.secretKeyRef.key]}] : [],
        ),
      ]),
    )
    const {s3Credentials} = the('ObjectStore', 'wal-archive').spec.configuration
    const ofArchive = Object.values<{name: string; key: string}>(s3Credentials).map(({name, key}) => ({
      from: `secret ${name}`,
      keys: [key],
    }))
    for (const {from, keys} of [...inVolumes, ...inEnvironments, ...ofArchive])
      expect(there.get(from), from).toEqual(expect.arrayContaining(keys))
  })

  it('mounts only volumes that each pod has, and claims that are there', () => {
    for (const pod of pods()) {
      const volumes = [...(pod.spec.volumes ?? []).map(({name}) => name), ...pod.claims]
      for (const {volumeMounts} of containersOf(pod)) expect(volumes).toEqual(expect.arrayContaining(volumeMounts.map(({name}) => name)))
    }
    const claims = pods().flatMap(({spec}) => (spec.volumes ?? []).flatMap(({persistentVolumeClaim: claim}) => claim?.claimName ?? []))
    expect(claims).toEqual(['backups'])
    expect(the('PersistentVolumeClaim', 'backups')).toBeDefined()
  })

  it('gives the API settings that it knows, and files that are mounted where they are looked for', () => {
    const [container] = find(resources(), 'Deployment', 'api')!.spec.template.spec.containers
    const {data} = the('ConfigMap', container.envFrom[0].configMapRef.name)
    const names = Object.keys(data!)
    expect(names.filter((name) => !variables.includes(name.replace(/_FILE$/, '')))).toEqual([])
    const values = Object.fromEntries(Object.entries(data!).filter(([name]) => !name.endsWith('_FILE')))
    const authority = rootCertificateOf(values.DATABASE_URL!)
    // The file is in the pod only.
    const config = readConfig({...values, DATABASE_URL: values.DATABASE_URL!.replace(/&sslrootcert=.*/, '')})
    expect(config).toMatchObject({MIGRATE_AT_START: false, TRUSTED_PROXIES: 1, SENTRY_ENVIRONMENT: environment})
    const files = [...names.filter((name) => name.endsWith('_FILE')).map((name) => data![name]!), authority]
    for (const pod of pods().filter(({owner}) => owner !== 'StatefulSet/redis' && owner !== 'CronJob/backup'))
      expect(filesOf(pod)).toEqual(expect.arrayContaining(files))
    const {maxReplicas} = the('HorizontalPodAutoscaler', 'api').spec
    const connections = Number(the('Cluster', 'database').spec.postgresql.parameters.max_connections)
    expect(maxReplicas * config.WORKERS * config.DATABASE_POOL_SIZE).toBeLessThan(connections * 0.9)
  })

  it('routes requests: names and ports from the ingress to the container', () => {
    const {rules, tls} = the('Ingress', 'api').spec
    expect(rules.map(({host}: {host: string}) => host)).toEqual(tls.flatMap(({hosts}: {hosts: string[]}) => hosts))
    const paths: {path: string; backend: {service: {name: string; port: {name: string}}}}[] = rules[0].http.paths
    expect(paths.map((each) => each.path)).not.toEqual(expect.arrayContaining([expect.stringMatching(/^\/(|metrics|profiler.*)$/)]))
    for (const {backend} of paths)
      expect(the('Service', backend.service.name).spec.ports).toContainEqual(expect.objectContaining({name: backend.service.port.name}))
    for (const service of resources().filter(({kind}) => kind === 'Service')) {
      const behind = pods().filter(({labels}) => selects({matchLabels: service.spec.selector}, labels))
      expect(behind).toHaveLength(1)
      const open = behind.flatMap(({spec}) => spec.containers.flatMap(({ports = []}) => ports.map(({name}) => name)))
      for (const {targetPort} of service.spec.ports) expect(open).toContain(targetPort)
    }
  })

  it('asks the API at its own port whether it lives and whether it is ready', () => {
    const {startupProbe, readinessProbe, livenessProbe, ports} = the('Deployment', 'api').spec.template.spec.containers[0]
    const live = {path: '/health/live', port: ports[0].name}
    expect([startupProbe.httpGet, livenessProbe.httpGet]).toEqual([live, live])
    expect(readinessProbe.httpGet).toEqual({path: '/health/ready', port: ports[0].name})
    const {data} = the('ConfigMap', the('Deployment', 'api').spec.template.spec.containers[0].envFrom[0].configMapRef.name)
    expect(data!.PORT).toBe(String(ports[0].containerPort))
  })

  it('scales the API at 70 % of the processors and 80 % of the memory', () => {
    const {scaleTargetRef, minReplicas, maxReplicas, metrics} = the('HorizontalPodAutoscaler', 'api').spec
    expect(the(scaleTargetRef.kind, scaleTargetRef.name).apiVersion).toBe(scaleTargetRef.apiVersion)
    // A number of its own would be set again by each release.
    expect(the('Deployment', 'api').spec.replicas).toBeUndefined()
    expect([minReplicas, maxReplicas]).toEqual(environment === 'production' ? [2, 10] : [1, 2])
    expect(metrics.map(({resource}: Tree) => [resource.name, resource.target.averageUtilization])).toEqual([
      ['cpu', 70],
      ['memory', 80],
    ])
  })

  it('selects its own pods everywhere a selector stands', () => {
    const selectors = [
      ...['Deployment', 'StatefulSet', 'PodDisruptionBudget'].flatMap((kind) =>
        resources().flatMap((each) => (each.kind === kind ? [each.spec.selector] : [])),
      ),
      ...the('Deployment', 'api').spec.template.spec.topologySpreadConstraints.map((each: Tree) => each.labelSelector),
    ]
    expect(selectors).toHaveLength(4)
    for (const selector of selectors) expect(pods().filter(({labels}) => selects(selector, labels))).toHaveLength(1)
  })

  it('backs the database up by two ways: dumps that are proven, and an archive of every change', async () => {
    const {spec} = the('Cluster', 'database')
    const store = spec.plugins.find((plugin: {isWALArchiver: boolean}) => plugin.isWALArchiver)
    expect(the('ObjectStore', store.parameters.barmanObjectName).spec.configuration.destinationPath).toContain(environment)
    expect(the('ScheduledBackup', 'database').spec).toMatchObject({cluster: {name: 'database'}, pluginConfiguration: {name: store.name}})
    const {jobTemplate, concurrencyPolicy} = the('CronJob', 'backup').spec
    expect(concurrencyPolicy).toBe('Forbid')
    const containers = containersOf({spec: jobTemplate.spec.template.spec} as Pod)
    for (const {command} of containers) expect(await callProblems(command.slice(1))).toEqual([])
    expect(containers.map(({command}) => command[1])).toEqual(['backup', 'verify'])
    const [pod] = pods().filter(({owner}) => owner === 'CronJob/backup')
    const url = containers[0]!.env!.find(({name}) => name === 'DATABASE_URL')!.value!
    expect(filesOf(pod!)).toContain(rootCertificateOf(url))
    expect(new URL(url).pathname.slice(1)).toBe(spec.bootstrap.initdb.database)
  })

  it('gives sparkone a configuration that it can work with', async () => {
    const settings = resources().find(({kind, metadata}) => kind === 'ConfigMap' && metadata.name.startsWith('backup-'))!
    const cwd = await mkdtemp(path.join(tmpdir(), 'k8s-'))
    try {
      await writeFile(path.join(cwd, 'sparkone.yml'), settings.data!['sparkone.yml']!)
      const [{env}] = the('CronJob', 'backup').spec.jobTemplate.spec.template.spec.initContainers
      const given = env.map(({name, value = 'from a secret'}: {name: string; value?: string}) => [name, value])
      const {config} = await loadConfig({flags: {}, cwd, environment: Object.fromEntries(given)})
      expect(config).toMatchObject({runtime: 'host', project: 'sparkone', environment, database: {name: 'sparkone'}})
      expect(config.database.password!.reveal()).toBe('from a secret')
      const mounted = the('CronJob', 'backup').spec.jobTemplate.spec.template.spec.containers[0].volumeMounts
      expect(mounted).toContainEqual(expect.objectContaining({name: 'backups', mountPath: config.backup.directory}))
    } finally {
      await rm(cwd, {recursive: true})
    }
  })

  it('patches only what is there', () => {
    const {patches = [], images = []} = readKustomization(`overlays/${environment}`)
    for (const {target} of patches) expect(the(target.kind, target.name), `${target.kind}/${target.name}`).toBeDefined()
    const used = pods().flatMap((pod) => containersOf(pod).map(({image}) => image.split(':')[0]))
    for (const {name} of images) expect(used).toContain(name)
  })
})

it('leaves no manifest out of the kustomizations', () => {
  const files = readdirSync(k8sFolder, {recursive: true, encoding: 'utf8'}).filter((name) => /\.(ya?ml|env|conf)$/.test(name))
  const folders = files.filter((name) => path.basename(name) === 'kustomization.yaml').map((name) => path.dirname(name))
  const listed = folders.flatMap((folder) => {
    const {resources, configMapGenerator = []} = readKustomization(folder)
    const generated = configMapGenerator.flatMap(({envs = [], files: named = []}) => [...envs, ...named])
    return [...resources, ...generated, 'kustomization.yaml'].map((name) => path.normalize(path.join(folder, name)))
  })
  expect(files.filter((name) => !listed.includes(name))).toEqual(['secrets.example.yaml'])
})

it('runs Redis on Kubernetes with the settings that it has in Compose', () => {
  const settings = (name: string) =>
    readFileSync(path.join(opsFolder, name), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
  expect(settings('k8s/base/redis/redis.conf')).toEqual(settings('redis/redis.conf'))
})

function sourcesOf({secret, configMap, projected}: Volume): {from: string; keys: string[]}[] {
  const keys = (items: {key: string}[] = []) => items.map(({key}) => key)
  return [
    ...(secret ? [{from: `secret ${secret.secretName}`, keys: keys(secret.items)}] : []),
    ...(configMap ? [{from: `settings ${configMap.name}`, keys: keys(configMap.items)}] : []),
    ...(projected?.sources ?? []).map(({secret: each}) => ({from: `secret ${each!.name}`, keys: keys(each!.items)})),
  ]
}

/** The files that a pod finds below /run/secrets. */
function filesOf(pod: Pod): string[] {
  const ofSecret = Object.keys(exampleSecrets.find(({metadata}) => metadata.name === 'sparkone')!.stringData!)
  return containersOf(pod)[0]!.volumeMounts.flatMap(({name, mountPath}) => {
    const volume = pod.spec.volumes!.find((each) => each.name === name)!
    const items = volume.projected?.sources.flatMap(({secret}) => secret!.items ?? []) ?? volume.secret?.items
    return (items?.map((item) => item.path) ?? (volume.secret ? ofSecret : [])).map((file) => `${mountPath}/${file}`)
  })
}

function rootCertificateOf(url: string): string {
  expect(new URL(url).searchParams.get('sslmode')).toBe('verify-full')
  return new URL(url).searchParams.get('sslrootcert')!
}
