import {z} from 'zod'
import {bytes, copyOutcome, hookRemarks, seconds} from './parts.ts'

const problem = z.object({
  path: z.string(),
  fault: z.enum(['changed', 'vanished', 'unreadable', 'unsupported', 'nothing']),
  message: z.string(),
})

const fileCount = z.int().min(0).describe('Files, without folders and links.')

/** What `backup --files` answers. */
export const filesBackedUp = {
  status: z.literal('done'),
  kind: z.literal('files'),
  id: z.string(),
  location: z.string(),
  folder: z.string().describe('What the paths of the backup are relative to.'),
  files: fileCount,
  entries: z.int().min(0).describe('Files, folders and links.'),
  contentBytes: bytes.describe('Bytes of the contents of all files.'),
  bytes: bytes.describe('Bytes of all files of the backup.'),
  problems: z.array(problem).describe('What is missing, or changed while it was read.'),
  tags: z.array(z.string()),
  seconds: z.object({pack: seconds, readBack: seconds, total: seconds}),
  copies: z.array(copyOutcome).describe('How the copy at each target off-site went.'),
  swept: z.array(z.string()).describe('What was cleaned up after earlier runs that died.'),
  remarks: hookRemarks,
}

/** What `restore --files` answers. */
export const filesRestored = {
  status: z.literal('done'),
  label: z.string().describe('Id of the backup.'),
  folder: z.string(),
  kept: z.string().nullable().describe('Folder that holds what was there before; null when nothing was.'),
  files: fileCount,
  bytes,
  replaced: z.int().min(0).describe('How many of them were there before.'),
  seconds,
}
