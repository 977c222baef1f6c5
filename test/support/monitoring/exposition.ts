/** Returns the metrics of an exposition in Prometheus's text format by name, each with the labels that its samples carry. */
export function metricsIn(text: string): Map<string, Set<string>> {
  const types = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({name: name!, type: type!}))
  const found = new Map(types.map(({name}) => [name, new Set<string>()]))
  const isDistribution = new Map(types.map(({name, type}) => [name, type === 'histogram' || type === 'summary']))
  for (const [, sample, labels = ''] of text.matchAll(/^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+/gm)) {
    const base = sample!.replace(/_(bucket|sum|count)$/, '')
    const name = isDistribution.get(base) ? base : sample!
    for (const [, label] of labels.matchAll(/([a-zA-Z_]\w*)="/g)) found.get(name)?.add(label!)
  }
  return found
}
