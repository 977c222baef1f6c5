const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** When a certificate is renewed. Milliseconds. */
export interface Renewal {
  /** It is renewed at the first look at which less than this is left. */
  window: number
  /** Pause between two looks. */
  interval: number
}

/** What Traefik does by the duration that its certificates are said to have (`certificatesDuration`). */
const renewals: readonly (Renewal & {from: number})[] = [
  {from: 365 * day, window: 120 * day, interval: 7 * day},
  {from: 90 * day, window: 30 * day, interval: day},
  {from: 30 * day, window: 10 * day, interval: 12 * hour},
  {from: 6 * day, window: 2 * day, interval: 2 * hour},
  {from: day, window: 6 * hour, interval: 10 * minute},
  {from: 0, window: 20 * minute, interval: minute},
]

/** Authorities leave out the last second, and some an hour. */
const tolerance = 2 * hour

/** Duration of the certificates that Traefik assumes unless it is told another. */
export const assumedDuration = 90 * day

/** Returns when a certificate of this lifetime is renewed. */
export function renewalOf(lifetime: number): Renewal {
  return renewals.find(({from}) => lifetime + tolerance >= from)!
}

/** Returns whether certificates are said to live longer than they do. */
export function isOverstated(duration: number, lifetime: number): boolean {
  return duration > lifetime + tolerance
}

/**
 * Returns below which rest of its life a certificate was not renewed in time, and below which that is urgent. `duration` is what the proxy is told of its
 * certificates, `window` what the operator says, either null when not known. Milliseconds.
 */
export function limitsOf(lifetime: number, duration: number | null, window: number | null): {warning: number; critical: number} {
  const renewal = window === null ? trustworthy(lifetime, duration) : {...renewalOf(lifetime), window}
  return {warning: Math.max(renewal.window - 2 * renewal.interval, renewal.window / 2), critical: renewal.window / 3}
}

/** A window as long as the life itself has the certificate renewed at each look, and says nothing of when it is late. */
function trustworthy(lifetime: number, duration: number | null): Renewal {
  const told = duration === null ? null : renewalOf(duration)
  return told !== null && told.window < (lifetime * 2) / 3 ? told : renewalOf(lifetime)
}
