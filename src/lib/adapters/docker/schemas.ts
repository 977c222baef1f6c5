import {z} from 'zod'

const labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((value) => value ?? {})
const names = z
  .array(z.string())
  .nullish()
  // Old engines show what has no name under this one.
  .transform((value) => (value ?? []).filter((name) => !name.startsWith('<none>')))

const volume = z.object({Name: z.string(), UsageData: z.object({Size: z.number()}).nullish()})

const container = z.object({
  Id: z.string(),
  Names: names,
  ImageID: z.string(),
  State: z.string(),
  Created: z.number(),
  SizeRw: z.number().optional(),
  Labels: labels,
  Mounts: z.array(z.object({Type: z.string(), Name: z.string().optional()})).nullish(),
  NetworkSettings: z.object({Networks: z.record(z.string(), z.object({NetworkID: z.string()})).nullish()}).nullish(),
})

const cacheRecord = z.object({
  ID: z.string(),
  Description: z.string(),
  Size: z.number(),
  Shared: z.boolean(),
  InUse: z.boolean(),
  CreatedAt: z.string(),
  LastUsedAt: z.string().nullish(),
  Parent: z.string().optional(),
  Parents: z.array(z.string()).nullish(),
})

/** What `GET /system/df` answers. */
export const diskUse = z.object({
  Images: z.array(z.object({Id: z.string(), Size: z.number(), SharedSize: z.number()})).nullish(),
  Containers: z.array(container).nullish(),
  Volumes: z.array(volume).nullish(),
  BuildCache: z.array(cacheRecord).nullish(),
})

/** What `GET /containers/ID/json` answers. */
export const containerDetails = z.object({
  Created: z.string(),
  State: z.object({FinishedAt: z.string()}),
  HostConfig: z.object({RestartPolicy: z.object({Name: z.string()}).nullish()}),
})

/** What `GET /images/json` answers. */
export const imageList = z.array(z.object({Id: z.string()}))

/** What `GET /images/ID/json` answers. */
export const imageDetails = z.object({
  Id: z.string(),
  RepoTags: names,
  RepoDigests: names,
  Parent: z.string().optional(),
  Size: z.number(),
  Metadata: z.object({LastTagTime: z.string().nullish()}).nullish(),
})

/** What `GET /networks` answers. */
export const networkList = z.array(
  z.object({Id: z.string(), Name: z.string(), Created: z.string(), Scope: z.string(), Ingress: z.boolean().optional(), Labels: labels}),
)

export const engineInfo = z.object({DockerRootDir: z.string(), Name: z.string(), Driver: z.string()})

export const refusal = z.object({message: z.string()})
