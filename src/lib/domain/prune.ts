import {isAnonymous, type DockerContainer, type DockerContents} from './docker-contents.ts'
import {planCache} from './prune-cache.ts'
import {planImages} from './prune-images.ts'
import {ageOf, type PruneDecision, type PruneItem, type PruneKind, type PrunePolicy, type ReportedVolume} from './prune-plan.ts'
import {formatDuration} from './quantity.ts'

/** Returns what of Docker's goes and what stays, and why. `now` is milliseconds since 1970. */
export function decidePrune(contents: DockerContents, policy: PrunePolicy, now: number): PruneDecision {
  const parts = [
    planContainers(contents, policy, now),
    planNetworks(contents, policy, now),
    planImages(contents, policy, now),
    planCache(contents.cache, policy.cacheFloor, now),
  ]
  return {
    items: parts.flatMap(({items}) => items),
    kept: parts.flatMap(({kept}) => kept),
    volumes: reportVolumes(contents),
  }
}

/** Splits what was planned into what is still as it was, and what has changed since, with the reason for which it is left. */
export function confirmItems(
  planned: readonly PruneItem[],
  fresh: Pick<PruneDecision, 'items' | 'kept'>,
): {go: PruneItem[]; left: {item: PruneItem; reason: string}[]} {
  const keyOf = ({kind, id}: {kind: PruneKind; id: string}) => `${kind} ${id}`
  const present = new Map(fresh.items.map((item) => [keyOf(item), item.state]))
  const reasons = new Map(fresh.kept.map((item) => [keyOf(item), item.reason]))
  const judged = planned.map((item) => {
    const state = present.get(keyOf(item))
    if (state === item.state) return {item, reason: null}
    if (state !== undefined) return {item, reason: 'it has changed since the plan was made'}
    return {item, reason: reasons.get(keyOf(item)) ?? 'it is gone already'}
  })
  return {
    go: judged.filter(({reason}) => reason === null).map(({item}) => item),
    left: judged.flatMap(({item, reason}) => (reason === null ? [] : [{item, reason}])),
  }
}

type Part = Pick<PruneDecision, 'items' | 'kept'>

function planContainers({containers}: DockerContents, policy: PrunePolicy, now: number): Part {
  const live = new Set(containers.filter(isLive).flatMap(({project}) => project ?? []))
  const judged = containers.map((container) => {
    const {id, name, bytes, endedAt, createdAt} = container
    const common = {kind: 'container' as const, id, name, bytes}
    const age = formatDuration(now - (endedAt ?? createdAt))
    const reason = whyContainerStays(container, live, policy, now)
    const going = endedAt === null ? `made ${age} ago and never started` : `ended ${age} ago`
    return {common, stays: reason, going, state: `${container.state} ${endedAt ?? createdAt}`}
  })
  return {
    items: judged.flatMap(({common, stays, going, state}) => (stays === null ? [{...common, reason: going, state}] : [])),
    kept: judged.flatMap(({common, stays}) => (stays === null ? [] : [{...common, reason: stays}])),
  }
}

/** Returns why a container stays, or null. */
function whyContainerStays(container: DockerContainer, live: ReadonlySet<string>, policy: PrunePolicy, now: number): string | null {
  const {state, project, service, isOneOff, restarts, volumes, endedAt, createdAt} = container
  if (!['exited', 'created', 'dead'].includes(state)) return `it is ${state}`
  const rules: [boolean, string][] = [
    [project !== null && project !== policy.project && live.has(project), `it belongs to ${project}, which runs`],
    [isOfService(service, isOneOff, project, policy), `it is that of service ${service}`],
    [restarts, 'it is to be restarted, so somebody has stopped it on purpose'],
    [volumes.some(isAnonymous), 'nothing else leads to a volume of its own'],
    [
      now - (endedAt ?? createdAt) < policy.minAge,
      `${endedAt === null ? 'it is new' : 'it has only just ended'}: ${ageOf(now, endedAt ?? createdAt, policy)}`,
    ],
  ]
  return rules.find(([holds]) => holds)?.[1] ?? null
}

/** Compose starts the container of a service again; those of `docker compose run`, and of services that are no more, it does not. */
function isOfService(service: string | null, isOneOff: boolean, project: string | null, policy: PrunePolicy): boolean {
  if (project === null || project !== policy.project || isOneOff || service === null) return false
  return policy.composeServices === null || policy.composeServices.includes(service)
}

function isLive({state}: DockerContainer): boolean {
  return ['running', 'restarting', 'paused'].includes(state)
}

function planNetworks({networks, containers}: DockerContents, policy: PrunePolicy, now: number): Part {
  const judged = networks.map((network) => {
    const {id, name, project, isFixed, createdAt} = network
    const user = containers.find((container) => container.networks.includes(id) || container.networks.includes(name))
    const rules: [boolean, string][] = [
      [isFixed, "it is one of Docker's own"],
      [user !== undefined, `container ${user?.name} is in it`],
      [project !== null && project === policy.project, 'it belongs to this project'],
      [now - createdAt < policy.minAge, `it is new: ${ageOf(now, createdAt, policy)}`],
    ]
    const stays = rules.find(([holds]) => holds)?.[1] ?? null
    return {common: {kind: 'network' as const, id, name, bytes: 0}, stays, age: formatDuration(now - createdAt)}
  })
  return {
    items: judged.flatMap(({common, stays, age}) =>
      stays === null ? [{...common, reason: `no container is in it, made ${age} ago`, state: common.name}] : [],
    ),
    kept: judged.flatMap(({common, stays}) => (stays === null ? [] : [{...common, reason: stays}])),
  }
}

function reportVolumes({volumes, containers}: DockerContents): ReportedVolume[] {
  return volumes
    .map(({name, bytes}) => {
      const users = containers.filter((container) => container.volumes.includes(name))
      const live = users.find(isLive)
      const last = users.toSorted((one, other) => (other.endedAt ?? other.createdAt) - (one.endedAt ?? one.createdAt))[0]
      return {name, bytes, lastUser: (live ?? last)?.name ?? null, isInUse: live !== undefined}
    })
    .toSorted((one, other) => (other.bytes ?? 0) - (one.bytes ?? 0))
}
