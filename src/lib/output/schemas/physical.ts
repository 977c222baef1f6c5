import {z} from 'zod'
import {physicalTypes} from '../../domain/physical-backup.ts'
import {bytes, difference, hookRemarks, rows, seconds, time} from './parts.ts'

const kind = z.literal('physical').describe('Of the whole server, by pgBackRest.')
const type = z.enum(physicalTypes)
const kept = z.string().nullable().describe('Folder with the data of before; null when there was none.')
const databaseBytes = bytes.describe('Bytes of the files of the server.')

export const physicalBackedUp = {
  status: z.literal('done'),
  kind,
  id: z.string().describe('Label of pgBackRest.'),
  type,
  startedAt: time,
  finishedAt: time,
  bytes: bytes.describe('Bytes that it added to the repository.'),
  databaseBytes,
  seconds: z.object({total: seconds}),
  swept: z.array(z.string()),
  remarks: hookRemarks,
}

const listedBackup = z.object({
  id: z.string().describe('Label of pgBackRest.'),
  type,
  startedAt: time,
  finishedAt: time,
  databaseBytes,
  bytes: bytes.describe('Bytes that it added to the repository.'),
  damaged: z.boolean().describe('pgBackRest found pages with wrong checksums.'),
  proven: z.boolean().nullable().describe('Null: nobody has verified it yet.'),
})

export const physicalListed = {
  status: z.literal('done'),
  kind,
  engine: z.string(),
  backups: z.array(listedBackup).describe('Newest first.'),
  windows: z.array(z.object({from: time, to: time})).describe('Times that can be recovered to; between them the archive has gaps.'),
  kept: z.array(z.object({folder: z.string(), at: time})).describe('Data folders that restores put aside, newest first.'),
}

export const physicallyRestored = {
  status: z.literal('done'),
  kind,
  label: z.string().describe('Label of the backup.'),
  at: time.describe('Time that was recovered to.'),
  folder: z.string().describe('Where the recovered data is: the live folder, or one beside it.'),
  swapped: z.boolean().describe('False: the commands are left to the operator.'),
  kept,
  commands: z.array(z.string()),
  tables: z.int(),
  rows,
  notes: z.array(difference).describe('What the live server had otherwise.'),
  recoveryPointSeconds: z.number().describe('How long ago the time was, in seconds.'),
  seconds: z.object({restore: seconds, compare: seconds, swap: seconds, total: seconds}),
}

export const physicallyPruned = {
  status: z.literal('done'),
  kind,
  folder: z.string().describe('The live data folder.'),
  removed: z.array(z.object({folder: z.string(), bytes})).describe('Folders that earlier restores had put aside.'),
  kept: z.array(z.string()).describe('Those that stay, newest first.'),
}

export const physicallyUndone = {status: z.literal('done'), kind, folder: z.string(), broughtBack: z.string(), kept, seconds}
