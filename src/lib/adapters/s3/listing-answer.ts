import type {ListedObject} from './listing.ts'

interface Answer {
  response?: {statusCode?: number; body?: unknown}
}

const block = /<Contents>(.*?)<\/Contents>/gs
const entities: Readonly<Record<string, string>> = {quot: '"', apos: "'", amp: '&', lt: '<', gt: '>'}

/**
 * Gives a command that lists objects a reader of its own for them, which takes a tenth of the time that the client takes: a listing of ten thousand sets is
 * fifty thousand of them. The rest of the answer, and whatever is written in another way, is left to the client. `taken` is told once for each answer.
 */
export function withObjectsRead<Command extends {middlewareStack: {add(...all: never[]): void}}>(
  command: Command,
  taken: (objects: ListedObject[]) => void,
): Command {
  const add = command.middlewareStack.add.bind(command.middlewareStack) as (middleware: unknown, options: unknown) => void
  add(
    (next: (input: unknown) => Promise<Answer>) => async (input: unknown) => {
      const answer = await next(input)
      const {response} = answer
      if (response?.statusCode !== 200) return answer
      const text = await textOf(response.body)
      taken(objectsIn(text))
      response.body = Buffer.from(text.replace(block, ''))
      return answer
    },
    {step: 'deserialize', priority: 'low', name: 'objectsRead'},
  )
  return command
}

async function textOf(body: unknown): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

function objectsIn(text: string): ListedObject[] {
  return Array.from(text.matchAll(block), ([, object = '']) => ({
    key: elementOf(object, 'Key'),
    bytes: Number(elementOf(object, 'Size') || -1),
    etag: elementOf(object, 'ETag').replaceAll('"', ''),
    at: new Date(elementOf(object, 'LastModified') || 0),
  }))
}

function elementOf(object: string, name: string): string {
  const begin = object.indexOf(`<${name}>`)
  if (begin === -1) return ''
  const text = object.slice(begin + name.length + 2, object.indexOf(`</${name}>`, begin))
  return text.includes('&') ? text.replace(/&(?:#(\d+)|#x([\da-f]+)|(\w+));/gi, decoded) : text
}

function decoded(entity: string, decimal?: string, hexadecimal?: string, name?: string): string {
  if (name !== undefined) return entities[name] ?? entity
  return String.fromCodePoint(decimal === undefined ? Number.parseInt(hexadecimal!, 16) : Number(decimal))
}
