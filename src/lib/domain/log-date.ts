/** How the date in the name of a rotated log is written and read, in the words of strftime that logrotate knows: %Y %m %d %H %M %S %V %s. */
export interface LogDateFormat {
  /** `shown` is what the clocks show, as the time at which clocks of UTC would show it. */
  write(shown: number, now: number): string
  /** Returns what sorts as the dates do, or null for a text that is no such date. */
  read(text: string): number | null
}

const widths: Readonly<Record<string, string>> = {
  Y: '\\d{4}',
  m: '\\d{2}',
  d: '\\d{2}',
  H: '\\d{2}',
  M: '\\d{2}',
  S: '\\d{2}',
  V: '\\d{2}',
  s: '\\d{10,}',
}

/** Returns the format, or null for a text without a day in it or with a letter that is not known: names would not differ from day to day. */
export function logDateFormat(text: string): LogDateFormat | null {
  const letters = [...text.matchAll(/%(.)/g)].map(([, letter]) => letter!)
  const hasDay =
    letters.includes('s') || (letters.includes('Y') && (letters.includes('V') || (letters.includes('m') && letters.includes('d'))))
  if (text.includes('/') || !hasDay || letters.some((letter) => widths[letter] === undefined)) return null
  const source = text
    .split(/%(.)/)
    .map((part, index) => (index % 2 === 1 ? `(${widths[part]})` : part.replaceAll(/[\\^$.*+?()|[\]{}/-]/g, String.raw`\$&`)))
  const expression = new RegExp(`^${source.join('')}$`)
  return {
    write: (shown, now) => text.replaceAll(/%(.)/g, (_, letter: string) => fieldOf(letter, shown, now)),
    read: (name) => {
      const match = expression.exec(name)
      return match && rankOf(letters, match.slice(1).map(Number))
    },
  }
}

function fieldOf(letter: string, shown: number, now: number): string {
  const date = new Date(shown)
  const two = (value: number) => String(value).padStart(2, '0')
  if (letter === 'Y') return String(date.getUTCFullYear()).padStart(4, '0')
  if (letter === 'm') return two(date.getUTCMonth() + 1)
  if (letter === 'd') return two(date.getUTCDate())
  if (letter === 'H') return two(date.getUTCHours())
  if (letter === 'M') return two(date.getUTCMinutes())
  if (letter === 'S') return two(date.getUTCSeconds())
  return letter === 'V' ? two(isoWeek(shown)) : String(Math.floor(now / 1000))
}

const dayMilliseconds = 86_400_000

/** The week of a day is that of its Thursday. */
function isoWeek(shown: number): number {
  const day = Math.floor(shown / dayMilliseconds)
  const thursday = day - ((((day + 3) % 7) + 7) % 7) + 3
  const newYear = Date.UTC(new Date(thursday * dayMilliseconds).getUTCFullYear(), 0, 1) / dayMilliseconds
  return Math.floor((thursday - newYear) / 7) + 1
}

function rankOf(letters: readonly string[], values: readonly number[]): number {
  const value = (letter: string, standard: number) => values[letters.indexOf(letter)] ?? standard
  if (letters.includes('s')) return value('s', 0) * 1000
  const days = letters.includes('V') ? value('V', 1) * 7 : value('d', 1)
  return Date.UTC(value('Y', 1970), value('m', 1) - 1, days, value('H', 0), value('M', 0), value('S', 0))
}
