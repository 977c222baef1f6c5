import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {onTestFinished} from 'vitest'

/** Returns a new folder that holds the given files and is gone after the test. */
export function folderWith(files: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sparkone-config-'))
  onTestFinished(() => rmSync(folder, {recursive: true, force: true}))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), {recursive: true})
    writeFileSync(path.join(folder, name), text, {mode: 0o644})
  }
  return folder
}

/** Returns the error that a promise rejects with. */
export async function rejection<Expected extends Error>(
  promise: Promise<unknown>,
  type: new (...args: never[]) => Expected,
): Promise<Expected> {
  try {
    await promise
  } catch (error) {
    if (error instanceof type) return error
    throw error
  }
  throw new Error('It was accepted.')
}

export const compose = `services:
  api:
    image: shop/api
    ports: ["127.0.0.1:8000:8000"]
  postgres:
    image: pgvector/pgvector:pg17
    environment: {POSTGRES_USER: shop, POSTGRES_DB: shop_main}
  redis:
    image: redis:7
`
