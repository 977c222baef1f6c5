/** What is called every five minutes, and as whom. */
export interface Caller {
  project: string
  environment: string
  user: string
  /** The program and what follows it, by absolute paths. */
  words: readonly string[]
  folder: string
  /** Environment variables that the call needs. */
  variables: Readonly<Record<string, string>>
  /** Where programs are looked for. */
  path: string
}

export const timerSystems = ['systemd', 'cron.d'] as const
export type TimerSystem = (typeof timerSystems)[number]

export interface TimerFile {
  path: string
  text: string
}

const minutes = 5

/** Returns the paths of the files, the same for each call of one project and environment. Cron ignores names with a dot. */
export function timerPaths(system: TimerSystem, caller: Pick<Caller, 'project' | 'environment'>, root = '/'): string[] {
  const base = root.replace(/\/+$/, '')
  const name = timerName(caller)
  if (system === 'cron.d') return [`${base}/etc/cron.d/${name}`]
  return [`${base}/etc/systemd/system/${name}.service`, `${base}/etc/systemd/system/${name}.timer`]
}

/** Returns the files that call sparkone every five minutes; `before` is the text of the file of cron that is replaced. */
export function timerFiles(system: TimerSystem, caller: Caller, root: string, before: string | null): TimerFile[] {
  const paths = timerPaths(system, caller, root)
  const texts = system === 'cron.d' ? [cronText(caller, before)] : [serviceText(caller), timerText(caller)]
  return paths.map((path, index) => ({path, text: `${markOf(caller)}\n${texts[index]!}`}))
}

/** Returns the name of the unit, without its ending. */
export function timerName({project, environment}: Pick<Caller, 'project' | 'environment'>): string {
  return `sparkone-${project.replaceAll('.', '_')}-${environment}`
}

/** Returns whether a file was written by us, and for this project. */
export function isOurs(text: string, caller: Pick<Caller, 'project' | 'environment'>): boolean {
  return text.startsWith(`${markOf(caller)}\n`)
}

function markOf({project, environment}: Pick<Caller, 'project' | 'environment'>): string {
  return `# Written by sparkone cron install for ${project} (${environment}), which overwrites it.`
}

function cronText({user, words, folder, variables, path}: Caller, before: string | null): string {
  const mail = /^MAILTO=.*$/m.exec(before ?? '')?.[0]
  const settings = [`SHELL=/bin/sh`, `PATH=${path}`, ...(mail ? [mail] : []), ...Object.entries(variables).map((pair) => pair.join('='))]
  // For cron a percent sign is the end of the command.
  const command = `cd ${shellWord(folder)} && ${words.map(shellWord).join(' ')}`.replaceAll('%', '\\%')
  return `# A line MAILTO= that stands here is kept.\n${settings.join('\n')}\n*/${minutes} * * * * ${user} ${command}\n`
}

function serviceText({project, environment, user, words, folder, variables, path}: Caller): string {
  const settings = [`PATH=${path}`, ...Object.entries(variables).map((pair) => pair.join('='))]
  return `[Unit]
Description=What is due of sparkone for ${project} (${environment})
Wants=network-online.target
After=network-online.target docker.service postgresql.service

[Service]
Type=oneshot
User=${user}
WorkingDirectory=${folder.replaceAll('%', '%%')}
${settings.map((each) => `Environment=${unitWord(each)}`).join('\n')}
ExecStart=${words.map((word) => unitWord(word).replaceAll('$', '$$$$')).join(' ')}
Nice=10
IOSchedulingClass=best-effort
IOSchedulingPriority=7
TimeoutStopSec=2min
`
}

function timerText({project, environment}: Caller): string {
  return `[Unit]
Description=Calls sparkone for ${project} (${environment})

[Timer]
OnCalendar=*:0/${minutes}
Persistent=true
RandomizedDelaySec=30
AccuracySec=30

[Install]
WantedBy=timers.target
`
}

function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** A word of a unit file: systemd.service(5), "Command lines". */
function unitWord(word: string): string {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%')
  return /^[\w@%+=:,./-]+$/.test(word) ? escaped : `"${escaped}"`
}
