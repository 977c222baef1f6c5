import {parser} from '@prometheus-io/lezer-promql'

export interface Selector {
  metric: string
  /** Names of the labels that its matchers name. */
  labels: string[]
}

/** Returns what the expression reads; throws when the grammar of Prometheus refuses it. Grafana's own windows count as five minutes. */
export function selectorsOf(expression: string): Selector[] {
  const text = expression.replaceAll('$__rate_interval', '5m')
  const found: Selector[] = []
  parser.parse(text).iterate({
    enter(node) {
      const piece = text.slice(node.from, node.to)
      if (node.type.isError) throw new Error(`not PromQL at position ${node.from}: ${text}`)
      if (node.name === 'VectorSelector') found.push({metric: /^[^{\s]*/.exec(piece)![0], labels: []})
      if (node.name === 'LabelName' && node.node.parent?.name.endsWith('LabelMatcher')) found.at(-1)!.labels.push(piece)
    },
  })
  return found
}
