import type {Stats} from 'node:fs'
import {copyFile, link, open, rm, truncate, type FileHandle} from 'node:fs/promises'
import {constants} from 'node:fs'
import {draftOf, keep} from './compress.ts'

/**
 * Copies a log to a name that is free, and empties it. What is written while it is copied comes along; only what is written in the moment between the
 * last look at its end and the emptying is lost, which is why every writer must append.
 */
export async function copyAndEmpty(path: string, to: string, status: Stats): Promise<void> {
  const draft = draftOf(to)
  try {
    await rm(draft, {force: true})
    await copyFile(path, draft, constants.COPYFILE_EXCL)
    await keep(draft, status)
    await link(draft, to)
    await using source = await open(path, 'r')
    await using target = await open(to, 'a')
    await target.sync()
    await appendRest(source, target)
    await truncate(path, 0)
  } finally {
    await rm(draft, {force: true})
  }
}

async function appendRest(source: FileHandle, target: FileHandle): Promise<void> {
  const piece = Buffer.alloc(64 * 1024)
  let {size: position} = await target.stat()
  for (;;) {
    const {bytesRead} = await source.read(piece, 0, piece.length, position)
    if (bytesRead === 0) return
    await target.write(piece, 0, bytesRead)
    position += bytesRead
  }
}
