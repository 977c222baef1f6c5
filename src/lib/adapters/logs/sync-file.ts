import {open} from 'node:fs/promises'

/** Makes what was written to a file survive a power cut. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}
