import type {Bytes} from '../ports.ts'

/** Returns a text as the bytes of its UTF-8. */
export async function* fromText(text: string): Bytes {
  yield new TextEncoder().encode(text)
}

/** Returns what bytes spell in UTF-8. */
export async function readText(bytes: Bytes): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of bytes) text += decoder.decode(chunk, {stream: true})
  return text + decoder.decode()
}
