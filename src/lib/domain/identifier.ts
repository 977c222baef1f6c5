/** PostgreSQL keeps 63 bytes of a name and drops the rest without a word, so every name made here is cut to fit. */
const nameLimit = 63

/** Returns the SQL spelling of an identifier, always quoted. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Returns the SQL spelling of a string, safe whatever `standard_conforming_strings` says. */
export function quoteLiteral(value: string): string {
  const body = value.replaceAll("'", "''")
  return body.includes('\\') ? ` E'${body.replaceAll('\\', '\\\\')}'` : `'${body}'`
}

/** Returns `<base><suffix>`, with `base` cut at a whole character so that the result fits into 63 bytes of UTF-8. */
export function derivedName(base: string, suffix: string): string {
  const encoder = new TextEncoder()
  let kept = base
  while (encoder.encode(kept + suffix).length > nameLimit) kept = [...kept].slice(0, -1).join('')
  return kept + suffix
}
