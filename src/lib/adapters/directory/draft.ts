import {open, rm} from 'node:fs/promises'
import {join} from 'node:path'
import type {Manifest, Member, MemberName} from '../../domain/backup-set.ts'
import {OperatorError} from '../../errors.ts'
import type {Bytes, SetDraft, StoredMember} from '../../ports.ts'
import {explainAccess} from './access.ts'
import {renameDurably, syncFolder, writeDurably} from './durable.ts'
import {Bell, GrowingFile} from './growing-file.ts'
import {writeSealed} from './sealed.ts'
import {readVerified, verified} from './verified.ts'

/** Returns a draft in `folder`, which exists and is empty; publishing gives it its name, `location`. */
export function draftIn(folder: string, location: string): SetDraft {
  const begun = new BegunMembers()
  let place = folder
  return {
    write: async (name: MemberName, bytes: Bytes): Promise<Member> => {
      const begunMember = begun.begin(name)
      const {file} = begunMember
      try {
        const written = await writeDurably(join(folder, name), bytes, (size) => file.grew(size))
        begunMember.written = written
        file.end()
        return {name, ...written}
      } catch (error) {
        file.end(error)
        throw error
      }
    },
    read: (member) => readVerified(folder, member),
    readBehind: (name) => readBehind(begun, name, join(folder, name)),
    follow: () => begun.follow((name) => openAt(() => join(place, name))),
    publish: async (manifest: Manifest) => {
      await writeSealed(join(folder, 'manifest.json'), manifest)
      await explainAccess(location, async () => {
        await syncFolder(folder)
        await renameDurably(folder, location)
      })
      place = location
      begun.end()
      return {manifest, proof: null, location}
    },
    discard: async () => {
      begun.end(new OperatorError('failed', 'The backup was given up.'))
      await rm(folder, {recursive: true, force: true})
    },
  }
}

async function* readBehind(begun: BegunMembers, name: MemberName, path: string): Bytes {
  const member = await begun.member(name)
  yield* verified(
    member.file.read(() => openAt(() => path)),
    path,
    () => member.written!,
  )
}

/** Opens a file whose folder may get its final name in between. */
async function openAt(path: () => string) {
  try {
    return await open(path())
  } catch {
    // The folder was renamed between the question and the answer; what is wrong otherwise shows again.
    return explainAccess(path(), () => open(path()))
  }
}

interface BegunMember {
  name: MemberName
  file: GrowingFile
  /** Null until the file is whole. */
  written: Pick<Member, 'bytes' | 'sha256'> | null
}

/** The members of a draft in the order they were begun, for those who follow. */
class BegunMembers {
  readonly #members: BegunMember[] = []
  readonly #bell = new Bell()
  #end: 'open' | 'published' | {failure: OperatorError} = 'open'

  begin(name: MemberName): BegunMember {
    const member = {name, file: new GrowingFile(), written: null}
    this.#members.push(member)
    this.#bell.ring()
    return member
  }

  /** Returns a member as soon as it is begun. Throws when the set ends without it. */
  async member(name: MemberName): Promise<BegunMember> {
    for (let index = 0; await this.#has(index); index += 1) if (this.#members[index]!.name === name) return this.#members[index]!
    throw new OperatorError('bug', `${name} was waited for, and the set was published without it.`)
  }

  end(failure?: OperatorError): void {
    this.#end = failure ? {failure} : 'published'
    for (const {file} of failure ? this.#members : []) file.end(failure)
    this.#bell.ring()
  }

  async *follow(openMember: (name: MemberName) => ReturnType<typeof open>): AsyncGenerator<StoredMember> {
    for (let index = 0; await this.#has(index); index += 1) {
      const {name, file} = this.#members[index]!
      yield {name, bytes: file.read(() => openMember(name), {passing: true})}
    }
  }

  async #has(index: number): Promise<boolean> {
    while (this.#end === 'open' && this.#members.length <= index) await this.#bell.next()
    if (typeof this.#end === 'object') throw this.#end.failure
    return this.#members.length > index
  }
}
