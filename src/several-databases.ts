import {OperatorError} from './lib/errors.ts'
import {errorAnswer, type Answer} from './lib/output/document.ts'
import {severalAnswer, type DatabaseAnswer} from './lib/output/several-answer.ts'

export interface SeveralDatabases {
  verb: string
  /** What the list of the document is called. */
  key: string
  databases: readonly string[]
  signal: AbortSignal
}

/** Does the work for one database after the other and returns one answer; one that fails does not keep the others from their turn. Throws when the run is interrupted. */
export async function forEachDatabase(
  {verb, key, databases, signal}: SeveralDatabases,
  work: (database: string) => Promise<Answer>,
): Promise<Answer> {
  const parts: DatabaseAnswer[] = []
  for (const database of databases) parts.push({database, answer: await answerOf(verb, signal, () => work(database))})
  return severalAnswer(verb, key, parts)
}

async function answerOf(verb: string, signal: AbortSignal, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work()
  } catch (error) {
    // A bug is no failure of this database alone.
    if (signal.aborted || !(error instanceof OperatorError) || error.kind === 'interrupted') throw error
    return errorAnswer(verb, error)
  }
}
