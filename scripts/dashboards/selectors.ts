/** What users ask for: probes and scrapes are left out, as in the recording rules. */
export const served = 'job="api",route!~"/health.*|/metrics"'

/** Returns the PromQL of a percentile, 0 to 1, of a histogram. */
export function percentile(share: number, histogram: string, selector: string, by: readonly string[] = []): string {
  return `histogram_quantile(${share}, sum by (${['le', ...by].join(', ')}) (rate(${histogram}_bucket{${selector}}[$__rate_interval])))`
}
