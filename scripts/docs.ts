import {mkdir, writeFile} from 'node:fs/promises'
import {documents} from './documents.ts'

// Writes the documents that are made from the sources; a contract test fails while they are not current.
for (const [path, text] of await documents()) {
  const file = new URL(`../${path}`, import.meta.url)
  await mkdir(new URL('.', file), {recursive: true})
  await writeFile(file, text)
  process.stdout.write(`${path}\n`)
}
