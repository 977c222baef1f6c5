import {describe, expect, test} from 'vitest'
import {runbookProblems} from '../../../src/lib/domain/runbook-rules.ts'
import {page, pageText} from '../../support/runbooks.ts'

const damaged = (from: string | RegExp, to: string) => {
  const text = pageText.replace(from, () => to)
  expect(text).not.toBe(pageText)
  return runbookProblems(page(text)).join('\n')
}

test('a page that follows the form has no problem', () => {
  expect(runbookProblems(page(pageText))).toEqual([])
})

describe('a page is refused', () => {
  test.each([
    ['without front matter', /^---[\s\S]*?---\n/, '', 'there is no front matter'],
    ['with an unknown key in it', 'lock: none', 'locks: none', 'locks'],
    ['with a severity that does not exist', 'severity: warning', 'severity: loud', 'severity'],
    ['with broken YAML', 'alerts: [QueueFull]', 'alerts: [QueueFull', 'Flow sequence'],
    ['whose heading is not its title', '# QueueFull: the queue is full\n\n##', '# The queue\n\n##', 'the heading is "The queue"'],
    ['whose sections stand in another order', '## Impact', '## Effect', 'Meaning, Effect, Diagnosis'],
    ['with a section that says nothing', 'Nothing brings them back.\n', '', 'Rollback is empty'],
    ['with a command without a name', 'name=length ', '', 'name is missing'],
    ['with two commands of one name', 'name=empty', 'name=length', 'two steps are named length'],
    ['with a kind that does not exist', 'kind=measure', 'kind=look', 'kind is look'],
    ['with a command without a limit', 'timeout=10s capture', 'capture', 'timeout is missing'],
    ['whose destroying command could be run with all others', ' excludeFromRunAll=true', '', 'excludeFromRunAll=true belongs to'],
    [
      'whose looking command is held back for no reason',
      'capture=',
      'excludeFromRunAll=true capture=',
      'excludeFromRunAll=true belongs to',
    ],
    ['that destroys without a caution', '> [!CAUTION]\n', '', 'named by a CAUTION'],
    ['whose caution does not say what is lost', '> Lost: every', '> Every', 'named by a CAUTION'],
    ['that does not say what to expect', '- Expect: `exit 0`\n', '', 'follows a command'],
    ['that does not say what to do on failure', '- On failure: [Escalation](#escalation)\n', '', 'On failure'],
    ['that expects what nothing measures', '`length < 100`', '`width < 100`', 'nothing measures width'],
    ['that expects something vague', '`length < 100`', '`a short queue`', 'is no condition'],
    ['whose decision leaves a case out', '| otherwise ', '| `length < 5` ', 'the last row of a decision'],
    ['with a link to a step that is gone', '](#2-empty-it)', '](#3-empty-it)', '#3-empty-it leads nowhere'],
    ['with a command outside of a step', '### 2. Empty it\n', '', 'a command stands in a step'],
    ['whose query changes something', '```sh {name=empty', '```sql {name=empty', 'sql only looks'],
  ])('%s', (_, from, to, problem) => {
    expect(damaged(from, to)).toContain(problem)
  })
})
