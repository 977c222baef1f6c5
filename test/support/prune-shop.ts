import type {DockerContents} from '../../src/lib/domain/docker-contents.ts'
import type {PrunePolicy} from '../../src/lib/domain/prune-plan.ts'
import {decidePrune} from '../../src/lib/domain/prune.ts'
import {noon} from './fakes/docker.ts'

export const day = 86_400_000

const shopPolicy: PrunePolicy = {
  minAge: 7 * day,
  keep: [],
  composeImages: [],
  composeServices: ['api', 'postgres'],
  project: 'shop',
  releaseImages: new Set(),
  releasedAt: new Map(),
  cacheFloor: 100,
}

/** Returns what would be removed of what Docker has, by the policy of the shop. */
export function decide(contents: Partial<DockerContents>, more: Partial<PrunePolicy> = {}) {
  return decidePrune({images: [], containers: [], networks: [], volumes: [], cache: [], ...contents}, {...shopPolicy, ...more}, noon)
}
