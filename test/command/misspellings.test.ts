import {readdirSync} from 'node:fs'
import path from 'node:path'
import {Config, run} from '@oclif/core'
import {afterEach, beforeAll, beforeEach, describe, expect, test, vi} from 'vitest'
import {compose, folderWith} from '../support/folder.ts'
import {watchSideEffects} from '../support/side-effects.ts'

const root = path.resolve(import.meta.dirname, '../..')

interface Run {
  code: number
  stdout: string
  stderr: string
}

let config: Config
let sideEffects: string[]
let folder: string
const {env} = process

beforeAll(async () => {
  // Under test, oclif warns of commands that could not parse what was typed; operators never see that.
  process.env.NODE_ENV = 'production'
  config = await Config.load({root})
  sideEffects = watchSideEffects()
})

beforeEach(() => {
  folder = folderWith({'compose.yaml': compose, 'sparkone.yml': 'project: shop\nbackup:\n  directory: ./sets\n'})
  process.env = {
    ...env,
    HOME: folder,
    SPARKONE_STATE_DIR: path.join(folder, 'state'),
    NODE_ENV: 'production',
    DOCKER_HOST: 'unix:///nowhere',
  }
  vi.spyOn(process, 'cwd').mockReturnValue(folder)
  sideEffects.length = 0
})

afterEach(() => {
  process.env = env
  vi.restoreAllMocks()
})

/** Types a line at the built program, within this process. */
async function sparkone(line: string): Promise<Run> {
  const written = {stdout: '', stderr: ''}
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      written[name] += String(chunk)
      return true
    })
  }
  process.exitCode = undefined
  try {
    await run(line.split(' '), config)
    return {code: Number(process.exitCode ?? 0), ...written}
  } catch (error) {
    // As oclif says that the run is over, with help for example.
    return {code: (error as {oclif?: {exit?: number}}).oclif?.exit ?? 1, ...written}
  } finally {
    process.exitCode = undefined
  }
}

const untouched = () =>
  expect({sideEffects, files: readdirSync(folder).toSorted()}).toEqual({sideEffects: [], files: ['compose.yaml', 'sparkone.yml']})

test('what is typed right is seen to do something, by the same means', async () => {
  expect(await sparkone('init --force')).toMatchObject({code: 0})
  expect(sideEffects.join('\n')).toContain(path.join(folder, 'sparkone.yml'))
  sideEffects.length = 0
  await sparkone('deploy 1.4.2 --yes')
  expect(sideEffects.join('\n')).toMatch(/\b(?:spawn|open|mkdir)\b/)
})

describe('what is misspelled ends with 3, names the word that was meant, and does nothing at all', () => {
  test.each([
    ['bakup --yes', 'sparkone backup'],
    ['backpu', 'sparkone backup'],
    ['restor latest --yes', 'sparkone restore'],
    ['rollbak --yes', 'sparkone rollback'],
    ['deplyo 1.4.2 --yes', 'sparkone deploy'],
    ['prnue --yes', 'sparkone prune'],
    ['sycn --yes', 'sparkone sync'],
    ['verfy', 'sparkone verify'],
    ['dril --yes', 'sparkone drill'],
    ['inti', 'sparkone init'],
    ['deom', 'sparkone demo'],
    ['rotatelogs --yes', 'sparkone rotate-logs'],
    ['backup kep latest', 'sparkone backup keep'],
    ['backup acept latest --yes', 'sparkone backup accept'],
    ['backup clenaup --yes', 'sparkone backup cleanup'],
    ['backup-cleanup --yes', 'sparkone backup cleanup'],
    ['deploy resum --yes', 'sparkone deploy resume'],
    ['deploy reusme', 'sparkone deploy resume'],
    ['cron instal', 'sparkone cron install'],
    ['cron remvoe', 'sparkone cron remove'],
    ['cron rnu', 'sparkone cron run'],
    ['encryption chalenge', 'sparkone encryption challenge'],
    ['encryption cnofirm x', 'sparkone encryption confirm'],
    ['backup --dry-rum', '--dry-run'],
    ['backup --drectory /tmp/x', '--directory'],
    ['backup keep latest --remov', '--remove'],
    ['backup cleanup --yess', '--yes'],
    ['restore latest --dryrun --yes', '--dry-run'],
    ['restore latest --traget look', '--target'],
    ['restore --undoo --yes', '--undo'],
    ['rollback --with-dat --yes', '--with-data'],
    ['rollback --hlep', '--help'],
    ['deploy 1.4.2 --skip-backp --yes', '--skip-backup'],
    ['deploy resume --bakc', '--back'],
    ['prune --when-belw 20% --yes', '--when-below'],
    ['prune --plna x --yes', '--plan'],
    ['sync --lock-wiat 1m', '--lock-wait'],
    ['verify --form local', '--from'],
    ['drill --idenity key', '--identity'],
    ['rotate-logs --dry-urn', '--dry-run'],
    ['init --forse', '--force'],
    ['demo --kep', '--keep'],
    ['cron install --sytem systemd', '--system'],
    ['cron remove --rooot /x', '--root'],
    ['cron install --system systmd', 'systemd'],
    ['backup --type ful', 'full'],
    ['prune --output jsn --yes', 'json'],
  ])('%s', async (line, meant) => {
    const {code, stdout, stderr} = await sparkone(line)
    expect({code, stdout}).toEqual({code: 3, stdout: ''})
    expect(stderr).toContain(meant)
    untouched()
  })
})

describe('what nothing is near to ends with 3 and does nothing', () => {
  test.each([
    'nonsense --yes',
    'rm -rf',
    '--yes restore latest',
    'restore--undo',
    'prune everything --yes',
    'backup -x',
    'deploy -x',
    'sync now',
  ])('%s', async (line) => {
    expect(await sparkone(line)).toMatchObject({code: 3, stdout: ''})
    untouched()
  })
})

describe('--help is never an argument', () => {
  test.each([
    'rollback --help',
    'deploy --help',
    'rollback 1.4.2 --help',
    'restore latest --yes --help',
    'backup keep --help',
    'prune -h',
    'help deploy',
  ])('%s shows help and does nothing', async (line) => {
    const {code, stdout} = await sparkone(line)
    expect(code).toBe(0)
    expect(stdout).toContain('USAGE')
    untouched()
  })

  test.each(['deploy help --yes', 'deploy -- --help', 'deploy -- --yes'])('%s is no version', async (line) => {
    const {code, stderr} = await sparkone(line)
    expect(code).toBe(3)
    expect(stderr).toContain('Did you mean sparkone deploy --help?')
    untouched()
  })
})
