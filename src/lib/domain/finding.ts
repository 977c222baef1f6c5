export const statuses = ['ok', 'unknown', 'warning', 'critical'] as const

/** Ordered from best to worst, as Nagios orders them: CRITICAL > WARNING > UNKNOWN > OK. */
export type Status = (typeof statuses)[number]

/** A number measured on the way, in the shape of Nagios performance data. `unit` is s, %, B, c or empty. */
export interface Measurement {
  label: string
  value: number
  unit?: '' | 's' | '%' | 'B' | 'c'
  warning?: number
  critical?: number
  /** The limits are met from above: less is worse. */
  below?: boolean
  minimum?: number
  maximum?: number
}

/** What one look at one subject showed. Never `ok` without evidence. */
export interface Finding {
  subject: string
  status: Status
  message: string
  hint?: string
  measurements?: readonly Measurement[]
}

const rank: Record<Status, number> = {ok: 0, unknown: 1, warning: 2, critical: 3}

const codes: Record<Status, number> = {ok: 0, warning: 1, critical: 2, unknown: 3}

/** Returns the worst status of the findings; none at all is `unknown`, since nothing was seen. */
export function worst(findings: readonly Finding[]): Status {
  if (findings.length === 0) return 'unknown'
  return findings.map((finding) => finding.status).reduce((a, b) => (rank[b] > rank[a] ? b : a))
}

/** Returns the findings worst first; those of one status keep their order. */
export function worstFirst(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => rank[b.status] - rank[a.status])
}

/** Returns the Nagios exit code of a status: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN. */
export function exitCodeOf(status: Status): number {
  return codes[status]
}
