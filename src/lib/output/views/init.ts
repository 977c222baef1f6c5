/** What `init` did or would do. */
export interface InitReport {
  file: string
  text: string
  summary: readonly string[]
  replaced: boolean
  written: boolean
}

/** Returns the screen of `init`: what was found, what was written and what to type next; on a dry run the file itself. */
export function initView({file, text, summary, replaced, written}: InitReport): string {
  if (!written) return `${text}\n# Not written: a dry run. It would become ${file}.`
  const kept = replaced ? [`The old file is kept as ${file}.bak.`] : []
  return [`Wrote ${file}`, ...summary.map((line) => `  ${line}`), ...kept, '', 'Next: sparkone health, then sparkone backup.'].join('\n')
}
