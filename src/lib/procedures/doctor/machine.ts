import type {Entry, Workplace} from '../../ports/workplace.ts'
import {doctorCheck, type DoctorCheck, type DoctorInput, type Verdict} from './check.ts'

/** The first Node with zstd. */
const oldestNode = [22, 15] as const

/** The machine that sparkone runs on: its Node, its folders, and who may read and write there. */
export const machineChecks: readonly DoctorCheck[] = [
  doctorCheck({
    name: 'node',
    about: 'Is Node new enough?',
    gather: async (_input, ports) => (await ports.workplace()).nodeVersion,
    judge: judgeNode,
  }),
  folderCheck('state-folder', 'Does the folder of locks and journal belong to this user alone?', ({folders}) => folders.state),
  folderCheck('backup-folder', 'Does the folder of the backups belong to this user alone?', ({folders}) => folders.backups),
  doctorCheck({
    name: 'configuration',
    about: 'Can nobody else change the configuration, which names programs to run?',
    applies: ({files}) => files.configuration !== null,
    async gather({files}, ports) {
      const place = await ports.workplace()
      return {path: files.configuration!, entry: await place.entry(files.configuration!), user: place.user}
    },
    judge: judgeConfiguration,
  }),
  doctorCheck({
    name: 'secrets',
    about: 'Are files with secrets for their owner alone?',
    applies: ({files}) => files.secrets.length > 0,
    gather: async ({files}, ports) => openEntriesOf(files.secrets, await ports.workplace()),
    judge: judgeSecretFiles,
  }),
  doctorCheck({
    name: 'programs',
    about: 'Can the programs be started that the configuration names?',
    applies: ({programs}) => programs.length > 0,
    async gather({programs}, ports) {
      const place = await ports.workplace()
      return Promise.all(programs.map(async (named) => ({...named, canStart: await place.canStart(named.program)})))
    },
    judge: judgePrograms,
  }),
  doctorCheck({
    name: 'acme.json',
    about: 'Is the store of certificates for its owner alone, as Traefik demands?',
    applies: ({acme}) => acme !== null,
    gather: async ({acme}, ports) => entriesOf([acme!], await ports.workplace()),
    judge: ([store]) => judgeAcme(store!),
  }),
]

function judgeNode(version: string): Verdict {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  const isNew = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])
  if (isNew) return {status: 'ok', message: `Node ${version}`}
  return {
    status: 'critical',
    message: `Node ${version} is older than ${oldestNode.join('.')}`,
    hint: 'Install a newer one, such as that of https://nodejs.org',
  }
}

function folderCheck(name: string, about: string, pathOf: (input: DoctorInput) => string): DoctorCheck {
  return doctorCheck({
    name,
    about,
    unseen: 'critical',
    async gather(input, ports) {
      const place = await ports.workplace()
      return {path: pathOf(input), entry: await place.entry(pathOf(input)), user: place.user}
    },
    judge: judgeFolder,
  })
}

function judgeFolder({path, entry, user}: {path: string; entry: Entry | null; user: number | null}): Verdict {
  if (entry === null) return {status: 'warning', message: `${path} is not there yet: nothing was ever done here`, hint: 'sparkone backup'}
  if (!entry.isFolder) return {status: 'critical', message: `${path} is no folder`, hint: `Move it away: ls -l ${path}`}
  if (user !== null && entry.owner !== user) {
    // Root may write anywhere, and so it works; run by the owner again, it finds files of root.
    const status = user === 0 ? 'warning' : 'critical'
    return {
      status,
      message: `${path} belongs to the user with number ${entry.owner}, and this is ${user}`,
      hint: `chown -R ${user} ${path}`,
    }
  }
  if ((entry.mode & 0o022) !== 0)
    return {status: 'critical', message: `others may write in ${path} (mode ${shown(entry)})`, hint: `chmod 700 ${path}`}
  if ((entry.mode & 0o077) !== 0)
    return {status: 'warning', message: `others may look into ${path} (mode ${shown(entry)})`, hint: `chmod 700 ${path}`}
  return {status: 'ok', message: `${path} is for its owner alone`}
}

function judgeConfiguration({path, entry, user}: {path: string; entry: Entry | null; user: number | null}): Verdict {
  if (entry === null) return {status: 'unknown', message: `${path} is gone`, hint: 'sparkone init'}
  if ((entry.mode & 0o002) !== 0) {
    return {
      status: 'critical',
      message: `everybody may change ${path} (mode ${shown(entry)}), and thereby what is run`,
      hint: `chmod o-w ${path}`,
    }
  }
  if (user === 0 && entry.owner !== 0) {
    const message = `${path} belongs to the user with number ${entry.owner}, who thereby chooses what root runs`
    return {status: 'warning', message, hint: `chown root ${path}`}
  }
  return {status: 'ok', message: `${path} can be changed by nobody else`}
}

type Placed = {path: string; entry: Entry | null}

async function entriesOf(paths: readonly string[], place: Workplace): Promise<Placed[]> {
  return Promise.all(paths.map(async (path) => ({path, entry: await place.entry(path)})))
}

/** In a folder that is closed to others a file may have any mode, as containers are given such files. */
async function openEntriesOf(paths: readonly string[], place: Workplace): Promise<{present: Placed[]; open: Placed[]}> {
  const present = (await entriesOf(paths, place)).filter(({entry}) => entry !== null)
  const folders = await entriesOf(
    present.map(({path}) => path.slice(0, Math.max(path.lastIndexOf('/'), 1))),
    place,
  )
  const isOpen = (entry: Entry | null | undefined) => entry !== null && entry !== undefined && (entry.mode & 0o077) !== 0
  return {present, open: present.filter(({entry}, index) => isOpen(entry) && isOpen(folders[index]?.entry))}
}

function judgeSecretFiles({present, open}: {present: readonly Placed[]; open: readonly Placed[]}): Verdict[] {
  if (present.length === 0) return [{status: 'ok', message: 'there is no file of secrets'}]
  if (open.length === 0) return [{status: 'ok', message: `nobody else can read ${present.map(({path}) => path).join(', ')}`}]
  return open.map(({path, entry}) => ({
    status: 'warning',
    message: `others may read ${path} (mode ${shown(entry!)})`,
    hint: `chmod 600 ${path}`,
  }))
}

function judgePrograms(programs: readonly {setting: string; program: string; canStart: boolean}[]): Verdict[] {
  const missing = programs.filter(({canStart}) => !canStart)
  if (missing.length === 0)
    return [{status: 'ok', message: `${programs.length === 1 ? 'the one' : `all ${programs.length}`} of the configuration can be started`}]
  return missing.map(({setting, program}) => ({
    status: 'critical',
    message: `${program} of ${setting} is not there, or may not be started`,
    hint: program.includes('/') ? `ls -l ${program}; chmod +x ${program}` : `command -v ${program}`,
  }))
}

function judgeAcme({path, entry}: Placed): Verdict {
  if (entry === null) return {status: 'warning', message: `there is no ${path}: no certificate was ever got`, hint: 'sparkone cert-check'}
  if (entry.mode === 0o600) return {status: 'ok', message: `${path} is for its owner alone`}
  return {status: 'critical', message: `${path} has the mode ${shown(entry)}, and Traefik uses none but 600`, hint: `chmod 600 ${path}`}
}

function shown({mode}: Entry): string {
  return mode.toString(8)
}
