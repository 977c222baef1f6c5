import type {DockerContents, DockerImage} from './docker-contents.ts'
import {ageOf, type PruneDecision, type PrunePolicy} from './prune-plan.ts'
import {formatDuration} from './quantity.ts'

/** Returns which images go and which stay, and why; one that another is built upon comes after it. */
export function planImages({images, containers}: DockerContents, policy: PrunePolicy, now: number): Pick<PruneDecision, 'items' | 'kept'> {
  const users = new Map(containers.toReversed().map(({image, name}) => [image, name]))
  const own = new Map(images.map((image) => [image.id, whyImageStays(image, users, policy, now)]))
  const reasons = withBases(images, own)
  const common = (image: DockerImage) => ({kind: 'image' as const, id: image.id, name: imageName(image), bytes: image.bytes})
  return {
    items: childrenFirst(images.filter(({id}) => reasons.get(id) === null)).map((image) => ({
      ...common(image),
      reason: whyImageGoes(image, policy, now),
      state: [...image.names, ...image.digests].toSorted().join(' '),
    })),
    kept: images.flatMap((image) => {
      const reason = reasons.get(image.id) ?? null
      return reason === null ? [] : [{...common(image), reason}]
    }),
  }
}

/** Returns whether a pattern names an image: the whole name, or all but its tag. `*` stands for any characters, `?` for one. */
export function matchesImage(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[\\^$.+()|[\]{}]/g, String.raw`\$&`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  const expression = new RegExp(`^${source}$`, 'su')
  return [name, repositoryOf(name), familiar(name), familiar(repositoryOf(name))].some((each) => expression.test(each))
}

/** Returns why an image stays by itself, or null. */
function whyImageStays(image: DockerImage, users: ReadonlyMap<string, string>, policy: PrunePolicy, now: number): string | null {
  const all = [...image.names, ...image.digests]
  const pin = policy.keep.find((pattern) => [...all, image.id].some((name) => matchesImage(pattern, name)))
  const isOfProject = policy.composeImages.some((pattern) => all.some((name) => matchesImage(familiar(pattern), name)))
  const usedAt = lastUse(image, policy)
  const rules: [boolean, string][] = [
    [users.has(image.id), `container ${users.get(image.id)} is made of it`],
    [[image.id, ...image.digests].some((name) => policy.releaseImages.has(name)), 'a release that can be gone back to needs it'],
    [pin !== undefined, `prune.keep has ${pin}`],
    [isOfProject, 'the Compose files name it'],
    [usedAt === null, 'nothing tells since when it is here'],
    [now - (usedAt ?? 0) < policy.minAge, `it is new: ${ageOf(now, usedAt ?? 0, policy)}`],
  ]
  return rules.find(([holds]) => holds)?.[1] ?? null
}

/** The time it was built may be years before it was pulled, and so says nothing. */
function lastUse({id, arrivedAt}: DockerImage, {releasedAt}: PrunePolicy): number | null {
  const released = releasedAt.get(id) ?? null
  return arrivedAt === null || released === null ? (arrivedAt ?? released) : Math.max(arrivedAt, released)
}

function whyImageGoes(image: DockerImage, policy: PrunePolicy, now: number): string {
  const age = formatDuration(now - (lastUse(image, policy) ?? now))
  const since = policy.releasedAt.has(image.id) ? `last used ${age} ago` : `here since ${age}`
  return image.names.length === 0 ? `it has no name, and no container is made of it; ${since}` : `no container is made of it; ${since}`
}

/** Docker does not let go of an image that another one is built upon, so what a kept image stands on is kept. */
function withBases(images: readonly DockerImage[], own: ReadonlyMap<string, string | null>): Map<string, string | null> {
  const byId = new Map(images.map((image) => [image.id, image]))
  const reasons = new Map(own)
  for (const image of images.filter(({id}) => own.get(id) !== null)) {
    for (let base = byId.get(image.parent ?? ''); base && reasons.get(base.id) === null; base = byId.get(base.parent ?? '')) {
      reasons.set(base.id, `${imageName(image)} is built upon it`)
    }
  }
  return reasons
}

function childrenFirst(images: readonly DockerImage[]): DockerImage[] {
  const byId = new Map(images.map((image) => [image.id, image]))
  const depthOf = (image: DockerImage): number => {
    const parent = byId.get(image.parent ?? '')
    return parent ? depthOf(parent) + 1 : 0
  }
  return images.toSorted((one, other) => depthOf(other) - depthOf(one))
}

/** Its names, or the beginning of its ID. */
function imageName({names, digests, id}: DockerImage): string {
  return names.join(', ') || digests[0]?.replace(/(@sha256:[0-9a-f]{12}).*/, '$1') || id.replace('sha256:', '').slice(0, 12)
}

/** `registry:5000/shop/api` of `registry:5000/shop/api:1.4@sha256:…`. */
function repositoryOf(name: string): string {
  return name.split('@')[0]!.replace(/:[^/:]*$/, '')
}

/** Compose files may spell out what Docker leaves out when it shows a name. */
function familiar(name: string): string {
  return name.replace(/^(?:docker\.io|index\.docker\.io)\/(?:library\/)?/, '')
}
