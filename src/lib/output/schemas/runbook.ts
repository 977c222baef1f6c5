import {z} from 'zod'
import {severities} from '../../domain/runbook.ts'
import {documentSchema} from './document.ts'

const facts = {
  name: z.string(),
  title: z.string(),
  alerts: z.array(z.string()).describe('Alerts that the page answers.'),
  severity: z.enum(severities),
  owner: z.string().describe('A role.'),
  reviewBy: z.string().describe('Day by which somebody must have read the page again.'),
  origin: z.enum(['packaged', 'project']).describe('project: from the folder runbooks of the project.'),
  file: z.string(),
  problems: z.array(z.string()).describe('What is wrong with its front matter.'),
}

const step = z.object({
  section: z.string(),
  step: z.string().nullable().describe('Heading of the step.'),
  anchor: z.string().nullable(),
  language: z.string(),
  attributes: z.record(z.string(), z.string()).describe('name, kind, timeout and what else stands in braces.'),
  text: z.string().describe('The command.'),
  line: z.int(),
})

const page = z.object({
  ...facts,
  maxDuration: z.string(),
  inputs: z.array(
    z.object({
      name: z.string().describe('Environment variable.'),
      type: z.enum(['text', 'number']),
      description: z.string(),
      pattern: z.string().optional(),
      secret: z.boolean(),
    }),
  ),
  requires: z.object({tools: z.array(z.string()), services: z.array(z.string())}),
  lock: z.enum(['none', 'project']),
  steps: z.array(step),
  markdown: z.string().describe('The page as it was written.'),
})

const escalation = z.object({
  file: z.string().nullable().describe('The configuration file, or null when there is none.'),
  problem: z.string().nullable().describe('Why it could not be read.'),
  levels: z
    .array(
      z.object({
        level: z.int(),
        role: z.string(),
        contacts: z.array(z.string()),
        afterSeconds: z.number().min(0).describe('After the beginning of the incident.'),
      }),
    )
    .describe('Empty when nobody is configured.'),
})

const found = z.literal('found')

export const runbookListDocument = documentSchema('runbook-list', [{status: found, runbooks: z.array(z.object(facts))}])

export const runbookShowDocument = documentSchema('runbook-show', [{status: found, runbook: page, escalation}])

export const runbookForDocument = documentSchema('runbook-for', [{status: found, alert: z.string(), runbook: page, escalation}])
