const number = /^-?\d+(\.\d+)?(%|ms|s|m|h|d|B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)?$/

const comparison = /^([a-z][a-z0-9_]*) (<=|>=|==|!=|<|>) (.+)$/

/** Names that every command has: how it ended, and what it printed. */
const always = ['exit', 'output']

/** Returns whether the text compares what was measured with something. */
export function isCondition(text: string): boolean {
  return text.split(/ (?:and|or) /).every((clause) => isClause(clause))
}

/** Returns what is wrong with what a step expects, or decides by: its form, or a value that nothing measures. */
export function conditionProblem(text: string, known: ReadonlySet<string>): string[] {
  if (text === 'done') return []
  if (!isCondition(text)) return [`\`${text}\` is no condition`]
  const names = text.split(/ (?:and|or) /).flatMap((clause) => comparison.exec(clause)?.[1] ?? [])
  return names.filter((name) => !known.has(name) && !always.includes(name)).map((name) => `nothing measures ${name}`)
}

function isClause(clause: string): boolean {
  if (/^exit \d+$/.test(clause) || /^output matches "[^"]+"$/.test(clause)) return true
  const [, , , value] = comparison.exec(clause) ?? []
  return value !== undefined && (number.test(value) || /^"[^"]*"$/.test(value))
}
