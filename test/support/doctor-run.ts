import type {Finding} from '../../src/lib/domain/finding.ts'
import {doctor} from '../../src/lib/procedures/doctor.ts'
import type {DoctorInput} from '../../src/lib/procedures/doctor/check.ts'
import type {FakePorts} from './fakes/ports.ts'

/** A project whose configuration leaves nothing to be wished for. */
export const usualDoctorInput: DoctorInput = {
  timeoutMilliseconds: 1000,
  isPhysical: false,
  isCompose: true,
  folders: {state: '/var/lib/sparkone', backups: '/var/backups/sparkone'},
  files: {configuration: '/srv/shop/sparkone.yml', secrets: ['/srv/shop/.env']},
  acme: '/srv/shop/acme.json',
  jobs: ['backup', 'verify', 'sync', 'cleanup'],
  backupMaxAgeMilliseconds: 26 * 3_600_000,
  targets: [{name: 'vault', host: 's3.example.com'}],
  programs: [{setting: 'backup.hooks.before', program: './quiesce'}],
  isAlarmed: true,
}

/** Returns what doctor finds, of one subject or of all. */
export async function diagnose(ports: FakePorts, more: Partial<DoctorInput> = {}, subject?: string): Promise<Finding[]> {
  const input = {...usualDoctorInput, ...more}
  const findings = doctor.judge(await doctor.gather(input, ports), input)
  return subject === undefined ? findings : findings.filter((finding) => finding.subject === subject)
}
