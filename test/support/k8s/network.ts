import {podsOf, type Labels, type Resource} from './resources.ts'

interface Selector {
  matchLabels?: Labels
  matchExpressions?: {key: string; operator: 'In'; values: string[]}[]
}

interface Peer {
  podSelector?: Selector
  namespaceSelector?: Selector
  ipBlock?: {cidr: string; except?: string[]}
}

interface Rule {
  from?: Peer[]
  to?: Peer[]
  ports: {port: number | string; protocol?: string}[]
}

export interface Policy {
  podSelector: Selector
  policyTypes: ('Ingress' | 'Egress')[]
  ingress?: Rule[]
  egress?: Rule[]
}

/** A pod of this namespace, one of another namespace, or the internet. */
export type Party = {pod: Labels} | {namespace: string; pod?: Labels} | 'internet'

/** Returns whether the labels are what the selector asks for; an empty selector takes everything. */
export function selects({matchLabels = {}, matchExpressions = []}: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([name, value]) => labels[name] === value) &&
    matchExpressions.every(({key, values}) => values.includes(labels[key] ?? ''))
  )
}

/** Returns whether the policies let `from` open a connection to `to`: what one sends and what the other takes both count. */
export function mayConnect(resources: readonly Resource[], from: Party, to: Party, port: number): boolean {
  const policies = resources.filter(({kind}) => kind === 'NetworkPolicy').map(({spec}) => spec as Policy)
  const portNames = new Map(
    podsOf(resources).flatMap((pod) =>
      pod.spec.containers.flatMap(({ports = []}) => ports.map((each) => [each.name, each.containerPort] as const)),
    ),
  )
  const passes = (party: Party, other: Party, type: 'Ingress' | 'Egress') => {
    // What happens in another namespace, or outside, is not ours to say.
    if (party === 'internet' || 'namespace' in party) return true
    const concerned = policies.filter((policy) => policy.policyTypes.includes(type) && selects(policy.podSelector, party.pod))
    const rules = concerned.flatMap((policy) => (type === 'Ingress' ? policy.ingress : policy.egress) ?? [])
    return rules.some((rule) => {
      const onPort = rule.ports.some((each) => (typeof each.port === 'number' ? each.port : portNames.get(each.port)) === port)
      return onPort && (rule.from ?? rule.to ?? []).some((peer) => isPeer(peer, other))
    })
  }
  return passes(from, to, 'Egress') && passes(to, from, 'Ingress')
}

function isPeer({podSelector, namespaceSelector, ipBlock}: Peer, party: Party): boolean {
  if (party === 'internet') return ipBlock?.cidr === '0.0.0.0/0'
  if (ipBlock) return false
  const podFits = selects(podSelector ?? {}, party.pod ?? {})
  // Without a namespace selector, pods of the policy's own namespace are meant.
  if (!('namespace' in party)) return podFits && !namespaceSelector
  return podFits && namespaceSelector !== undefined && selects(namespaceSelector, {'kubernetes.io/metadata.name': party.namespace})
}
