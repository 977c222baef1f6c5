import type {Proof, ProofDepth} from '../../domain/backup-set.ts'
import {count, formatDuration} from '../../domain/quantity.ts'

const shownDifferences = 20

/** Returns what a verification showed: what was restored where, what was compared, and every difference. */
export function verifyView({
  id,
  passed,
  where,
  serverVersion,
  tables,
  rows,
  indexes,
  constraints,
  sequences,
  depth,
  loading,
  differences,
  seconds,
}: Proof): string {
  const verdict = passed ? 'is proven' : 'FAILED its proof'
  const lines = differences.slice(0, shownDifferences).map(({subject, expected, actual, severity}) => {
    const mark = severity === 'fatal' ? '!' : '-'
    return `  ${mark} ${subject}: expected ${expected}, found ${actual}`
  })
  const more = differences.length > shownDifferences ? [`  … and ${differences.length - shownDifferences} more`] : []
  return [
    `Backup ${id} ${verdict}`,
    `  restored   in ${where}, PostgreSQL ${serverVersion}`,
    `  compared   ${count(tables, 'table')} with ${count(rows, 'row')}, ${count(indexes, 'index', 'indexes')}, ${count(constraints, 'constraint')}, ${count(sequences, 'sequence')}`,
    ...(depth ? [`  asked      ${describeDepth(depth)}`] : []),
    `  took       ${formatDuration(seconds.total * 1000)}, of which restore ${formatDuration(seconds.restore * 1000)}${loading && loading.jobs > 1 ? ` by ${loading.jobs} processes` : ''}`,
    ...lines,
    ...more,
  ].join('\n')
}

function describeDepth({hashed, btreeIndexes, vectorIndexes, roles}: ProofDepth): string {
  return [
    hashed ? 'the contents of every table' : 'the rows of every table, not their contents',
    btreeIndexes === null ? 'no btree index (amcheck is not here)' : count(btreeIndexes, 'btree index', 'btree indexes'),
    ...(vectorIndexes > 0 ? [count(vectorIndexes, 'vector index', 'vector indexes')] : []),
    ...(roles === null ? [] : [count(roles, 'role')]),
  ].join(', ')
}
