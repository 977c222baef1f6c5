import type {Header} from 'tar-stream'
import type {FileEntry} from '../../domain/file-archive.ts'
import {OperatorError} from '../../errors.ts'

const types = {file: 'file', folder: 'directory', symlink: 'symlink', hardlink: 'link'} as const
/** Type bits, which tell a mode of 0 from none and are never stored. */
const regularFile = 0o100000
/** The fields of a tar header are that wide; what does not fit is in the extended header alone. */
const widestId = 0o7777777 >> 3
const widestSeconds = 2 ** 31 - 1

/** Returns the header of an entry. Exact times, names of any kind and large numbers stand in POSIX extended records. */
export function headerOf(entry: FileEntry): Partial<Header> & Pick<Header, 'name'> {
  const {type, mode, userId, groupId, modifiedAt, bytes, target} = entry
  const seconds = Math.min(Math.max(Math.trunc(modifiedAt / 1000), 0), widestSeconds)
  return {
    name: type === 'folder' ? `${entry.path}/` : entry.path,
    type: types[type],
    mode: mode | regularFile,
    uid: Math.min(userId, widestId),
    gid: Math.min(groupId, widestId),
    size: bytes,
    mtime: new Date(seconds * 1000),
    ...(target !== null && {linkname: target}),
    pax: {
      mtime: (modifiedAt / 1000).toFixed(6),
      ...(userId > widestId && {uid: String(userId)}),
      ...(groupId > widestId && {gid: String(groupId)}),
    },
  }
}

/** Returns the entry that a header describes. Throws `refused` for devices and whatever else is no file, folder or link. */
export function entryOf(header: Header): FileEntry {
  const {name, mode, uid, gid, size, mtime, linkname} = header
  const type = typeOf(header)
  const pax = (header.pax ?? {}) as Readonly<Record<string, string>>
  const seconds = pax.mtime === undefined ? mtime.getTime() / 1000 : Number(pax.mtime)
  return {
    path: type === 'folder' ? name.replace(/\/$/, '') : name,
    type,
    mode: mode & 0o7777,
    userId: Number(pax.uid ?? uid),
    groupId: Number(pax.gid ?? gid),
    modifiedAt: Math.round(seconds * 1_000_000) / 1000,
    bytes: type === 'file' ? size : 0,
    target: type === 'symlink' || type === 'hardlink' ? linkname : null,
  }
}

function typeOf({type, name}: Header): FileEntry['type'] {
  const [found] = Object.entries(types).find(([, word]) => word === type) ?? []
  if (found) return found as FileEntry['type']
  throw new OperatorError('refused', 'The archive holds something that is no file, folder or link, which is never restored.', {
    details: [`${JSON.stringify(name)} is ${(type as string | null) ?? 'of a kind that is not known'}`],
    hint: 'sparkone stores no such thing, so the archive was made or changed by something else; use another backup.',
  })
}
