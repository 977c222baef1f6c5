/** What the tests read of Kubernetes objects; whether an object is one at all is the business of schemas.ts. */
export type Labels = Record<string, string>

/** Whatever a file may hold: each test reads the fields of the kind that it knows. */
export type Tree = ReturnType<typeof JSON.parse>

export interface Resource {
  apiVersion: string
  kind: string
  metadata: {name: string; namespace?: string; labels?: Labels}
  data?: Record<string, string>
  stringData?: Record<string, string>
  spec?: Tree
}

interface Reference {
  name: string
  items?: {key: string; path: string}[]
}

export interface Volume {
  name: string
  secret?: {secretName: string; items?: {key: string; path: string}[]}
  configMap?: Reference
  persistentVolumeClaim?: {claimName: string}
  projected?: {sources: {secret?: Reference; configMap?: Reference}[]}
  emptyDir?: object
}

interface Probe {
  httpGet?: {path: string; port: string | number}
  exec?: {command: string[]}
}

export interface Container {
  name: string
  image: string
  command: string[]
  ports?: {name: string; containerPort: number}[]
  env?: {name: string; value?: string; valueFrom?: {secretKeyRef: {name: string; key: string}}}[]
  envFrom?: {configMapRef: {name: string}}[]
  resources: {requests: Record<string, string>; limits: Record<string, string>}
  securityContext: {allowPrivilegeEscalation: boolean; readOnlyRootFilesystem: boolean; capabilities: {drop: string[]}}
  volumeMounts: {name: string; mountPath: string}[]
  startupProbe?: Probe
  readinessProbe?: Probe
  livenessProbe?: Probe
}

export interface PodSpec {
  automountServiceAccountToken?: boolean
  securityContext: {runAsNonRoot: boolean; runAsUser: number; fsGroup: number; seccompProfile: {type: string}}
  initContainers?: Container[]
  containers: Container[]
  volumes?: Volume[]
}

export interface Pod {
  /** `kind/name` of what makes it. */
  owner: string
  labels: Labels
  spec: PodSpec
  /** Names of the volumes that each pod gets for itself. */
  claims: string[]
}

/** Returns the pods that the resources make, leaving out those of the database, which its operator makes. */
export function podsOf(resources: readonly Resource[]): Pod[] {
  return resources.flatMap(({kind, metadata, spec}) => {
    const template = kind === 'CronJob' ? spec.jobTemplate.spec.template : spec?.template
    if (!template) return []
    const claims = (spec.volumeClaimTemplates ?? []).map((claim: Resource) => claim.metadata.name) as string[]
    return [{owner: `${kind}/${metadata.name}`, labels: template.metadata.labels as Labels, spec: template.spec as PodSpec, claims}]
  })
}

/** Returns all containers of a pod, those that run first included. */
export function containersOf({spec}: Pod): Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers]
}

/** Returns the resource of that kind and name, or undefined. */
export function find(resources: readonly Resource[], kind: string, name: string): Resource | undefined {
  return resources.find((resource) => resource.kind === kind && resource.metadata.name === name)
}
