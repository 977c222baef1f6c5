import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {chooseArchive, findDebianArchive, parseSources} from '../../../src/lib/adapters/embedded/debian-archive.ts'

const stanzas = `# the archive of this machine
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
  bookworm-updates
Components: main contrib
Signed-By: /keys/debian-archive.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://disabled.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://inline.example/tools
Suites: bookworm
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQdAd7Z0srwuhlB6JKFkcf4HU4SSS/xcRfwEQWzr
`

const entry = (uri: string, suite: string, component = 'main') => ({uri, suites: [suite], components: [component], keyrings: []})

describe('the Debian archive of a machine', () => {
  it('is read from stanzas, without those that are switched off', () => {
    const entries = parseSources('debian.sources', stanzas)
    expect(entries.map(({uri}) => uri)).toEqual([
      'http://mirror.example/debian',
      'http://mirror.example/debian-security',
      'http://inline.example/tools',
    ])
    expect(entries[0]).toEqual({
      uri: 'http://mirror.example/debian',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main', 'contrib'],
      keyrings: ['/keys/debian-archive.gpg'],
    })
    expect(entries[2]?.keyrings).toEqual([])
  })

  it('is read from one-line entries, without comments and sources', () => {
    const text = [
      '# deb http://old.example/debian buster main',
      'deb-src http://mirror.example/debian bookworm main',
      'deb [arch=amd64 signed-by=/keys/one.gpg,/keys/two.gpg] http://mirror.example/debian bookworm main non-free # ours',
      'deb http://mirror.example/debian trixie main',
    ].join('\n')
    expect(parseSources('sources.list', text)).toEqual([
      {
        uri: 'http://mirror.example/debian',
        suites: ['bookworm'],
        components: ['main', 'non-free'],
        keyrings: ['/keys/one.gpg', '/keys/two.gpg'],
      },
      {uri: 'http://mirror.example/debian', suites: ['trixie'], components: ['main'], keyrings: []},
    ])
  })

  it('is not taken for another vendor that uses the same suite names', () => {
    const vendor = entry('https://apt.vendor.example', 'bookworm')
    const docker = entry('https://docker.example/linux/debian', 'bookworm', 'stable')
    const ubuntu = entry('http://archive.example/ubuntu', 'noble')
    const debian = entry('http://mirror.example/debian/', 'bookworm')
    expect(chooseArchive([vendor, docker, ubuntu, debian])).toBe(debian)
    expect(chooseArchive([vendor, docker, ubuntu])).toBeUndefined()
    expect(chooseArchive([entry('cdrom:[Debian 12]/debian', 'bookworm')])).toBeUndefined()
  })
})

describe('the apt folder', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'apt-'))
  })
  afterEach(() => rm(folder, {recursive: true}))

  it('is searched in both places and both formats', async () => {
    await mkdir(path.join(folder, 'sources.list.d'))
    await writeFile(path.join(folder, 'sources.list'), 'deb http://archive.example/ubuntu noble main\n')
    await writeFile(path.join(folder, 'sources.list.d', 'debian.sources'), stanzas)
    await writeFile(path.join(folder, 'sources.list.d', 'broken.sources.bak'), 'deb http://bad.example/debian sid main\n')
    const archive = await findDebianArchive(folder)
    expect(archive.uri).toBe('http://mirror.example/debian')
    expect(archive.keyrings).toContain('/keys/debian-archive.gpg')
  })

  it('without a Debian archive leads to a sentence that says what to do', async () => {
    await expect(findDebianArchive(folder)).rejects.toMatchObject({kind: 'usage', hint: expect.stringContaining('Install PostgreSQL')})
  })
})
