import {fileURLToPath} from 'node:url'
import {format, resolveConfig} from 'prettier'
import {dashboards} from './dashboards/index.ts'
import {configurationPage} from './documents/configuration.ts'
import {editorSchema} from './documents/editor-schema.ts'
import {exitCodesPage} from './documents/exit-codes.ts'
import {jsonSchemas} from './documents/json-schemas.ts'
import {operationsPage} from './documents/operations.ts'

const root = new URL('../', import.meta.url)

/** Returns every document that is made from the sources, by its path in the repository. */
export async function documents(): Promise<Map<string, string>> {
  return new Map([
    ['docs/configuration.md', await formatted('docs/configuration.md', configurationPage())],
    ['docs/OPERATIONS.md', await formatted('docs/OPERATIONS.md', operationsPage(dashboards()))],
    ['docs/exit-codes.md', await formatted('docs/exit-codes.md', exitCodesPage())],
    ['schemas/sparkone.schema.json', editorSchema()],
    ...jsonSchemas(),
    ...(await Promise.all(dashboards().map(async ([path, text]) => [path, await formatted(path, text)] as const))),
  ])
}

async function formatted(path: string, text: string): Promise<string> {
  const filepath = fileURLToPath(new URL(path, root))
  return format(text, {...(await resolveConfig(filepath)), filepath})
}
