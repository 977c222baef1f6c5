const byteUnits = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const

/** Powers of 1024 for `K`, `KB` and `KiB` alike: disks and memory are counted that way by every tool an operator compares with. */
const byteFactors: Record<string, number> = {'': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4, p: 1024 ** 5}

const second = 1000
const durationFactors: Record<string, number> = {
  ms: 1,
  s: second,
  m: 60 * second,
  h: 3600 * second,
  d: 86_400 * second,
  w: 7 * 86_400 * second,
}

/** Returns bytes for people, in powers of 1024: `512 MiB`, `1.4 GiB`, `0 B`. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  // 999.5 and more would be printed with four digits, so it moves on to the next unit.
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? Math.round(value) : significant(value)} ${byteUnits[unit]}`
}

/** Returns the bytes that a text such as `512 MiB`, `512M`, `1.5gb` or `4096` names; null when it names none. */
export function parseBytes(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:i?b)?\s*$/i.exec(text)
  if (!match) return null
  return Math.round(Number(match[1]) * byteFactors[match[2]!.toLowerCase()]!)
}

/** Returns milliseconds for people, by their two largest units: `4 ms`, `1.3 s`, `1m 20s`, `26h`, `3d 4h`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 0) return `-${formatDuration(-milliseconds)}`
  if (milliseconds < 999.5) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59.95 * second) return `${significant(milliseconds / second)} s`
  const seconds = Math.round(milliseconds / second)
  if (seconds < 3600) return pair(seconds, 60, 'm', 1, 's')
  // A backup's age is read against limits such as 26h, so hours go on past the first day.
  if (seconds < 48 * 3600) return pair(seconds, 3600, 'h', 60, 'm')
  return pair(seconds, 86_400, 'd', 3600, 'h')
}

/** Returns the milliseconds that a text such as `26h`, `1m 20s`, `1d12h`, `500ms` or `7 d` names; null when it names none. */
export function parseDuration(text: string): number | null {
  const pattern = /(\d+(?:\.\d+)?)\s*(ms|[smhdw])\s*/gi
  const parts = [...text.matchAll(pattern)]
  if (parts.length === 0 || text.trim().replace(pattern, '') !== '') return null
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * durationFactors[unit!.toLowerCase()]!, 0)
}

/** Returns a percentage (0 to 100) for people: `43 %`, `0.4 %`. */
export function formatPercent(percent: number): string {
  return `${percent > 0 && percent < 9.95 ? Number(percent.toFixed(1)) : Math.round(percent)} %`
}

/** Returns the number that a text such as `80%`, `80 %` or `80` names; null when it names none. */
export function parsePercent(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*%?\s*$/.exec(text)
  return match ? Number(match[1]) : null
}

/** Returns `1 table`, `3 tables`, `2 copies`. */
export function count(amount: number, singular: string, plural = `${singular}s`): string {
  return `${amount} ${amount === 1 ? singular : plural}`
}

function significant(value: number): string {
  return value < 9.95 ? String(Number(value.toFixed(1))) : String(Math.round(value))
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((seconds % large) / small)
  return `${Math.floor(seconds / large)}${largeName}${rest === 0 ? '' : ` ${rest}${smallName}`}`
}
