import {Args, Flags} from '@oclif/core'
import {BaseCommand, duration, fromCommandLine} from '../base-command.ts'
import type {JobName} from '../lib/domain/job.ts'
import {checkAnswer, type Answer} from '../lib/output/document.ts'
import {certCheckView} from '../lib/output/views/cert-check.ts'
import {certCheck, seenCertificates} from '../lib/procedures/cert-check.ts'

export default class CertCheck extends BaseCommand {
  static override kind = 'check' as const
  static override summary = 'Look at the certificates that are served: how long, for whom, by whom, how strong, and whether renewal works.'
  static override description = `A certificate that should have been renewed by now is a warning, however many days it has left: when that is follows from its lifetime, as it does in Traefik.
Without HOST: certificates.hosts, or the URLs of API, database and Redis that speak TLS, and every name in acme.json, which is held against what is served and against the routers.
All places are looked at at once, each within its own limit (--timeout, 5s unless configured).`
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    {
      description: 'Other places, in other protocols.',
      command: '<%= config.bin %> <%= command.id %> shop.example:8443 postgresql://db.example rediss://cache.example',
    },
    {
      description: 'The proxy of this machine, before the name leads here.',
      command: '<%= config.bin %> <%= command.id %> shop.example --connect 127.0.0.1',
    },
    {description: 'As a plugin of Nagios or Icinga.', command: '<%= config.bin %> <%= command.id %> --output nagios --timeout 8s'},
  ]
  static override strict = false
  static override args = {
    host: Args.string({description: 'host, host:port, https://…, postgresql://… or rediss://…; any number of them.', ...fromCommandLine}),
  }
  static override flags = {
    headers: Flags.boolean({summary: 'Look at the security headers of HTTPS sites as well.'}),
    ca: Flags.string({summary: 'Certificates of authorities of your own.', helpValue: 'FILE'}),
    connect: Flags.string({summary: 'Address to connect to, whatever the names lead to.', helpValue: 'ADDRESS'}),
    acme: Flags.string({summary: 'The acme.json of Traefik.', helpValue: 'FILE'}),
    traefik: Flags.string({
      summary: 'Files of Traefik or Compose that name the routers, or a folder of them.',
      helpValue: 'PATH',
      multiple: true,
    }),
  }

  /** For cert-check the limit is that of each probe, so it does not end the run. */
  protected override timeoutMilliseconds(): null {
    return null
  }

  /** Other places than those of the configuration say nothing of how things stand. */
  protected override async job(): Promise<JobName | null> {
    return (await this.#hosts()).length === 0 ? 'certificates' : null
  }

  protected async answer(): Promise<Answer> {
    const {flags} = await this.parse(CertCheck)
    const hosts = await this.#hosts()
    const timeoutMilliseconds = flags.timeout === undefined ? null : duration('--timeout', flags.timeout)
    const {config, ports} = await this.context({...settingsOf(flags), ...(hosts.length > 0 ? withoutStack : {})})
    const {certificatesInputOf} = await import('../lib/config/certificates-input.ts')
    const input = certificatesInputOf(config, {hosts, timeoutMilliseconds, withHeaders: flags.headers})
    const facts = await certCheck.gather(input, ports)
    const findings = certCheck.judge(facts, input)
    const view = certCheckView(findings, facts.sites.length, this.mode)
    return checkAnswer('cert-check', findings, view, {certificates: seenCertificates(facts), findings})
  }

  async #hosts(): Promise<string[]> {
    const {argv} = await this.parse(CertCheck)
    return argv.map(String)
  }
}

/** A place that is named needs no database, so that none has to be found. */
const withoutStack = {'database.host': 'localhost', 'database.name': 'none'}

interface SettingFlags {
  ca?: string | undefined
  connect?: string | undefined
  acme?: string | undefined
  traefik?: string[] | undefined
}

function settingsOf({ca, connect, acme, traefik}: SettingFlags): Record<`certificates.${string}`, unknown> {
  return {
    ...(ca === undefined ? {} : {'certificates.ca': ca}),
    ...(connect === undefined ? {} : {'certificates.connect': connect}),
    ...(acme === undefined ? {} : {'certificates.acme': acme}),
    ...(traefik === undefined ? {} : {'certificates.traefik': traefik}),
  }
}
