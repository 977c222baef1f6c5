import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import path from 'node:path'
import {expect, onTestFinished} from 'vitest'
import Backup from '../../src/commands/backup.ts'
import BackupAccept from '../../src/commands/backup/accept.ts'
import BackupCleanup from '../../src/commands/backup/cleanup.ts'
import BackupKeep from '../../src/commands/backup/keep.ts'
import Deploy from '../../src/commands/deploy.ts'
import DeployResume from '../../src/commands/deploy/resume.ts'
import Drill from '../../src/commands/drill.ts'
import Health from '../../src/commands/health.ts'
import Releases from '../../src/commands/releases.ts'
import Restore from '../../src/commands/restore.ts'
import Rollback from '../../src/commands/rollback.ts'
import Sync from '../../src/commands/sync.ts'
import Verify from '../../src/commands/verify.ts'
import type {BaseCommand} from '../../src/base-command.ts'
import type {Ports} from '../../src/lib/ports.ts'
import {runCommand, type CommandRun} from './command.ts'
import {readDocument, type JsonDocument} from './documents.ts'
import {FakePorts} from './fakes/ports.ts'

const commands: Readonly<Record<string, typeof BaseCommand>> = {
  backup: Backup,
  'backup:accept': BackupAccept,
  'backup:cleanup': BackupCleanup,
  'backup:keep': BackupKeep,
  deploy: Deploy,
  'deploy:resume': DeployResume,
  drill: Drill,
  health: Health,
  releases: Releases,
  restore: Restore,
  rollback: Rollback,
  sync: Sync,
  verify: Verify,
}

export interface Session {
  ports: FakePorts
  /** Types `sparkone <line>`; other ports than those of the session may be given. */
  sparkone(line: string, portsOf?: (signal: AbortSignal) => Ports): Promise<CommandRun>
  /** The document of a run, held against the schema of its command. */
  document(line: string): Promise<JsonDocument>
}

/** Returns an operator at the prompt of the project `shop`, with nothing remembered of earlier runs, for one test. */
export function openSession(): Session {
  const ports = new FakePorts()
  const state = mkdtempSync(path.join(tmpdir(), 'sparkone-state-'))
  process.env.SPARKONE_STATE_DIR = state
  onTestFinished(() => {
    delete process.env.SPARKONE_STATE_DIR
    rmSync(state, {recursive: true})
  })
  const sparkone: Session['sparkone'] = (line, portsOf = () => ports) => {
    const {verb, argv} = read(line)
    return runCommand(commands[verb]!, verb, argv, portsOf)
  }
  const document: Session['document'] = async (line) => {
    const {stdout, stderr, code} = await sparkone(`${line} --json`)
    const answer = readDocument(stdout, read(line).verb.replace(':', '-'))
    expect({stderr, code}).toEqual({stderr: '', code: answer.exitCode})
    return answer
  }
  return {ports, sparkone, document}
}

/** Of `backup cleanup -n` the first two words are the command, of `backup -n` the first. */
function read(line: string): {verb: string; argv: string[]} {
  const [first = '', second = '', ...others] = line.split(' ')
  const topic = `${first}:${second}`
  return topic in commands ? {verb: topic, argv: others} : {verb: first, argv: line.split(' ').slice(1)}
}
