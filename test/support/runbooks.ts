import path from 'node:path'
import {FolderRunbooks} from '../../src/lib/adapters/runbooks/folders.ts'
import {parsePage} from '../../src/lib/adapters/runbooks/page.ts'
import type {Runbook} from '../../src/lib/domain/runbook.ts'

const root = path.resolve(import.meta.dirname, '../..')

/** Returns the pages of the repository. */
export function packagedRunbooks(): Promise<Runbook[]> {
  return new FolderRunbooks({packaged: path.join(root, 'runbooks'), project: path.join(root, 'no-such-folder')}).all()
}

/** A page that is right in every way, to be damaged one way at a time. */
export const pageText = `---
runbook: 1
title: 'QueueFull: the queue is full'
alerts: [QueueFull]
severity: warning
owner: on-call operator
review_by: 2027-01-31
max_duration: 30m
inputs:
  - name: QUEUE
    type: text
    description: name of the queue
requires:
  tools: [docker]
  services: [api]
lock: none
---

# QueueFull: the queue is full

## Meaning

More comes in than goes out. Set \`QUEUE\` and see [the disk](DiskCritical.md).

## Impact

Messages wait.

## Diagnosis

### 1. Measure the queue

\`\`\`sh {name=length kind=measure timeout=10s capture=length:count}
docker compose exec -T api queue-length "$QUEUE"
\`\`\`

- Expect: \`length < 100\`
- On failure: [2. Empty it](#2-empty-it)

| If              | Then                           |
| --------------- | ------------------------------ |
| \`length >= 100\` | [2. Empty it](#2-empty-it)     |
| otherwise       | resolved                       |

## Mitigation

### 2. Empty it

> [!CAUTION]
> Lost: every message that waits.

\`\`\`sh {name=empty kind=destroy timeout=10s excludeFromRunAll=true}
docker compose exec -T api queue-empty "$QUEUE"
\`\`\`

- Expect: \`exit 0\`
- On failure: [Escalation](#escalation)

## Rollback

Nothing brings them back.

## Escalation

| Level | Role              | When                  |
| ----- | ----------------- | --------------------- |
| 1     | on-call operator  | from the first minute |
`

/** Returns the page that a text makes. */
export function page(markdown: string, name = 'QueueFull'): Runbook {
  return parsePage({name, file: `runbooks/${name}.md`, origin: 'packaged', markdown})
}
