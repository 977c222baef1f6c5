import {spawn} from 'node:child_process'
import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {execa} from 'execa'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {requireTestbed} from '../support/testbed/index.ts'

const {peers} = await requireTestbed()
const root = path.resolve(import.meta.dirname, '../..')
const ids = ['20261121T020000Z-aaaaaa', '20261122T020000Z-bbbbbb']

/** Runs the built program for completion, and otherwise tells what it was called with. */
const program = `#!/bin/sh
if [ "$1" = completion ]; then exec "${process.execPath}" "${path.join(root, 'bin/run.js')}" "$@"; fi
printf 'CALLED'; printf ' [%s]' "$@"; printf '\\n'
`

let folder: string
let environment: NodeJS.ProcessEnv

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sparkone-completion-'))
  const files = {
    'bin/sparkone': program,
    'sparkone.yml': 'project: shop\nbackup:\n  directory: ./sets\n',
    'staging.yml': 'project: shop\nenvironment: staging\nbackup:\n  directory: ./sets\n',
    'compose.yaml': 'services:\n  postgres: {image: "postgres:17"}\n  worker: {image: shop/worker}\n',
    [`sets/shop/production/${ids[0]}/manifest.json`]: '{}',
    [`sets/shop/production/${ids[1]}/manifest.json`]: '{}',
    'sets/shop/staging/20261120T020000Z-cccccc/manifest.json': '{}',
  }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), {recursive: true})
    await writeFile(path.join(folder, name), text, {mode: name.startsWith('bin/') ? 0o755 : 0o644})
  }
  environment = {
    PATH: `${path.join(folder, 'bin')}:${process.env.PATH}`,
    HOME: folder,
    SPARKONE_STATE_DIR: path.join(folder, 'state'),
    TERM: 'dumb',
    LC_ALL: 'C.UTF-8',
  }
  await Promise.all(
    ['bash', 'zsh', 'fish'].map((shell) => {
      const stdout = {file: path.join(folder, `script.${shell}`)}
      return execa(path.join(folder, 'bin/sparkone'), ['completion', shell], {cwd: folder, env: environment, extendEnv: false, stdout})
    }),
  )
})

afterAll(() => rm(folder, {recursive: true, force: true}))

/** What is typed, with ⇥ for Tab, and what sparkone is then called with. */
const typed: [string, string[]][] = [
  ['rest⇥--yes', ['restore', '--yes']],
  ['backup k⇥ 20261122⇥--rem⇥', ['backup', 'keep', ids[1]!, '--remove']],
  ['restore --config staging.yml 2⇥', ['restore', '--config', 'staging.yml', '20261120T020000Z-cccccc']],
  ['restore --env=staging 2⇥', ['restore', '--env=staging', '20261120T020000Z-cccccc']],
  ['runbook sh⇥ DiskC⇥', ['runbook', 'show', 'DiskCritical']],
  ['logs w⇥', ['logs', 'worker']],
  ['health -o j⇥', ['health', '-o', 'json']],
  ['health --output=prom⇥', ['health', '--output=prometheus']],
  ['config --config st⇥', ['config', '--config', 'staging.yml']],
  ['doctor clo⇥ thr⇥', ['doctor', 'clock', 'throw-away']],
]

/** Types into a shell at a terminal, and returns what sparkone was called with, line by line. */
async function typeInto(shell: string, preparation: readonly string[]): Promise<string[][]> {
  const child = spawn('script', ['-qec', shell, '/dev/null'], {cwd: folder, env: environment, stdio: ['pipe', 'pipe', 'inherit']})
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const lines = [...preparation, ...typed.map(([line]) => `sparkone ${line.replaceAll('⇥', '\t')}`), 'exit']
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  await new Promise((resolve) => child.on('close', resolve))
  const calls = output.split(/\r*\n/).filter((line) => line.startsWith('CALLED'))
  return calls.map((line) => [...line.matchAll(/ \[(.*?)\]/g)].map(([, word]) => word!))
}

const expected = typed.map(([, words]) => words)

test('bash completes what is typed', async () => {
  expect(await typeInto('bash --norc --noprofile -i', ['source script.bash'])).toEqual(expected)
})

test.runIf(peers.zsh)('zsh completes what is typed', async () => {
  const preparation = ['autoload -Uz compinit && compinit -D -u', 'source script.zsh']
  expect(await typeInto(`${peers.zsh} -f -i`, preparation)).toEqual(expected)
})

describe.runIf(peers.fish)('fish', () => {
  /** What is offered for each line, in the order in which it is shown. */
  async function offered(lines: readonly string[]): Promise<string[][]> {
    const commands = lines.map((line) => `complete -C '${line}' | string split -f 1 \\t; echo ==`)
    const {stdout} = await execa(peers.fish!, ['--no-config', '--command', ['source script.fish', ...commands].join('\n')], {
      cwd: folder,
      env: environment,
      extendEnv: false,
    })
    return stdout
      .split(/^==$\n?/m)
      .slice(0, -1)
      .map((part) => part.split('\n').filter(Boolean))
  }

  test('completes what is typed', async () => {
    const questions = typed.map(([line]) => `sparkone ${line.slice(0, line.lastIndexOf('⇥')).replaceAll('⇥', '')}`)
    // What an earlier Tab has added stands there already.
    questions[1] = 'sparkone backup keep 20261122'
    questions[4] = 'sparkone runbook show DiskC'
    questions[9] = 'sparkone doctor clock thr'
    const answers = expected.map((words) => [words.at(-1)!])
    answers[0] = ['restore']
    answers[1] = [ids[1]!]
    expect(await offered(questions)).toEqual(answers)
  })

  test('offers backups newest first, and a second argument to no command that takes one', async () => {
    expect(await offered(['sparkone verify ', 'sparkone verify latest ', 'sparkone verify --from ', 'sparkone backup --yes '])).toEqual([
      ['latest', ids[1], ids[0]],
      [],
      ['local'],
      [],
    ])
  })
})
