import {parseDocument} from 'yaml'
import {z} from 'zod'
import {severities, type RunbookFacts} from '../../domain/runbook.ts'

const duration = z.string().regex(/^\d+(s|m|h|d)$/, 'must be a duration such as 30m')

const input = z
  .strictObject({
    name: z.string().regex(/^[A-Z][A-Z0-9_]*$/, 'must be the name of an environment variable'),
    type: z.enum(['text', 'number']).default('text'),
    description: z.string().min(1),
    pattern: z.string().optional(),
    secret: z.boolean().default(false),
  })
  .readonly()

const frontMatter = z.strictObject({
  runbook: z.literal(1),
  title: z.string().min(1),
  alerts: z.array(z.string().regex(/^[A-Z][A-Za-z0-9]+$/, 'must be the name of an alert')).default([]),
  severity: z.enum(severities),
  owner: z.string().min(1),
  last_drill: z.iso.date().nullable().optional(),
  review_by: z.iso.date(),
  max_duration: duration,
  inputs: z.array(input).default([]),
  requires: z.strictObject({tools: z.array(z.string()).default([]), services: z.array(z.string()).default([])}).prefault({}),
  lock: z.enum(['none', 'project']).default('none'),
})

/** Returns the facts of a page; what cannot be read is named in `problems` and stands at a cautious default. */
export function readFrontMatter(text: string | null, name: string): {facts: RunbookFacts; problems: string[]} {
  if (text === null) return {facts: unknownFacts(name), problems: ['there is no front matter']}
  const document = parseDocument(text)
  if (document.errors.length > 0) return {facts: unknownFacts(name), problems: document.errors.map(({message}) => message.split('\n')[0]!)}
  const value: unknown = document.toJS()
  const result = frontMatter.safeParse(value)
  if (!result.success) {
    const problems = result.error.issues.map(({path, message}) => `${path.join('.') || 'front matter'}: ${message}`)
    return {facts: {...unknownFacts(name), ...readable(value)}, problems}
  }
  const {review_by: reviewBy, max_duration: maxDuration, title, alerts, severity, owner, inputs, requires, lock} = result.data
  return {facts: {title, alerts, severity, owner, reviewBy, maxDuration, inputs, requires, lock}, problems: []}
}

function unknownFacts(name: string): RunbookFacts {
  const unknown = 'unknown'
  return {
    title: name,
    alerts: [],
    severity: 'critical',
    owner: unknown,
    reviewBy: unknown,
    maxDuration: unknown,
    inputs: [],
    requires: {tools: [], services: []},
    lock: 'none',
  }
}

/** One bad field must not hide which alerts the page answers. */
function readable(value: unknown): Partial<RunbookFacts> {
  const lenient = z.object({title: frontMatter.shape.title.optional(), alerts: frontMatter.shape.alerts}).safeParse(value)
  if (!lenient.success) return {}
  const {title, alerts} = lenient.data
  return {alerts, ...(title !== undefined && {title})}
}
