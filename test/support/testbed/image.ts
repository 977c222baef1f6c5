import {createHash} from 'node:crypto'
import {appendFile, chmod, copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises'
import path from 'node:path'
import {execa} from 'execa'
import {installDebianPackages} from '../../../src/lib/adapters/embedded/debian-packages.ts'
import {paths, testbedFolder, tryRun} from './machine.ts'

export const imageName = 'sparkone-testbed:1'

const entrypoint = path.join(import.meta.dirname, 'image', 'stack-entrypoint')
const packages = `
  base-files base-passwd bash dash coreutils grep sed mawk tar gzip zstd findutils diffutils debianutils procps util-linux hostname
  libc-bin libatomic1 libstdc++6 tzdata netbase curl
  postgresql-17 postgresql-17-pgvector redis-server prometheus prometheus-alertmanager prometheus-node-exporter nginx-light
`.match(/\S+/g)!
const exclude = `
  libllvm* libz3* perl* libperl* libgdbm* libdb5* locales* libc-l10n debconf cdebconf adduser passwd login* dpkg postgresql-common*
  postgresql-client-common openssl ucf sensible-utils init-system-helpers sysvinit-utils ssl-cert lsb-base systemd* dbus* python3*
  fonts-* libjs-* node-* javascript-common smartmontools moreutils libipc-run-perl prometheus-node-exporter-collectors
`.match(/\S+/g)!
const ownPrograms = ['usr/local/bin/node', 'usr/local/bin/stack-entrypoint']
const settings = [
  'ENV PATH=/usr/local/bin:/usr/lib/postgresql/17/bin:/usr/bin:/usr/sbin',
  'ENV LANG=C.UTF-8',
  'ENV PGDATA=/var/lib/postgresql/data',
  'ENTRYPOINT ["stack-entrypoint"]',
  'CMD ["postgres"]',
]

/** Returns whether the engine holds the image as this version of the test bed makes it. */
export async function hasImage(environment: NodeJS.ProcessEnv): Promise<boolean> {
  const label = await tryRun(
    ['docker', 'image', 'inspect', '--format', '{{index .Config.Labels "sparkone.recipe"}}', imageName],
    environment,
  )
  return label === (await recipe())
}

async function recipe(): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([packages, exclude, settings, process.version, process.arch]))
  return hash
    .update(await readFile(entrypoint))
    .digest('hex')
    .slice(0, 16)
}

/** Makes the image out of Debian 13 packages, the Node that runs this and an entrypoint of our own; no registry is asked. */
export async function makeImage(environment: NodeJS.ProcessEnv, report: (detail: string) => void): Promise<void> {
  const root = path.join(paths.packages, 'image')
  await installDebianPackages({root, packages, exclude, prepare: completeTree, report})
  report('importing the image')
  const overlay = await mkdtemp(path.join(testbedFolder, 'overlay-'))
  try {
    await chmod(overlay, 0o755)
    await fillOverlay(overlay)
    const changes = [...settings, `LABEL sparkone.recipe=${await recipe()}`].flatMap((change) => ['--change', change])
    // Only files of the overlay are named, since the engine refuses an archive that has a folder twice.
    const words = ['--create', '--numeric-owner', '--owner=0', '--group=0', '-C', root, '.', '-C', overlay, ...ownPrograms]
    await execa('tar', words, {buffer: false}).pipe('docker', ['import', ...changes, '-', imageName], {env: environment})
  } finally {
    await rm(overlay, {recursive: true, force: true})
  }
}

/** Does what the packages' own set-up scripts would, as far as containers need it. */
async function completeTree(folder: string): Promise<void> {
  const at = (...names: string[]) => path.join(folder, ...names)
  await rm(at('usr/lib/postgresql/17/lib/llvmjit.so'), {force: true})
  await rm(at('usr/lib/postgresql/17/lib/bitcode'), {recursive: true, force: true})
  for (const name of ['doc', 'man', 'locale', 'info']) await rm(at('usr/share', name), {recursive: true, force: true})
  await copyFile(at('usr/share/base-passwd/passwd.master'), at('etc/passwd'))
  await copyFile(at('usr/share/base-passwd/group.master'), at('etc/group'))
  await appendFile(
    at('etc/passwd'),
    'postgres:x:999:999::/var/lib/postgresql:/bin/sh\nredis:x:998:998::/data:/bin/sh\nprometheus:x:997:997::/prometheus:/bin/sh\n',
  )
  await appendFile(at('etc/group'), 'postgres:x:999:\nredis:x:998:\nprometheus:x:997:\n')
  await writeFile(at('etc/nsswitch.conf'), 'passwd: files\ngroup: files\nhosts: files dns\n')
  for (const name of [
    'tmp',
    'proc',
    'sys',
    'dev',
    'run',
    'root',
    'data',
    'app',
    'prometheus',
    'var/lib/postgresql',
    'docker-entrypoint-initdb.d',
  ]) {
    await mkdir(at(name), {recursive: true})
  }
  await chmod(at('tmp'), 0o1777)
  await symlink('mawk', at('usr/bin/awk')).catch(ignoreExisting)
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) await symlink(`usr/${name}`, at(name)).catch(ignoreExisting)
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

async function fillOverlay(overlay: string): Promise<void> {
  await mkdir(path.join(overlay, 'usr/local/bin'), {recursive: true})
  await copyFile(process.execPath, path.join(overlay, 'usr/local/bin/node'))
  await copyFile(entrypoint, path.join(overlay, 'usr/local/bin/stack-entrypoint'))
  for (const name of ownPrograms) await chmod(path.join(overlay, name), 0o755)
}
