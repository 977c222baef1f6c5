import {describeSource} from '../domain/setting.ts'
import type {Detection, DetectOptions} from './detect.ts'
import type {Sourced} from './layers.ts'

/** Returns the parts of the connection URL, and a problem where no database is named. */
export function detectHost({given, secrets}: DetectOptions): Detection {
  const url = secrets.get('database.url')
  const source = given.get('database.url')?.source
  const parts = url === undefined ? {} : partsOf(url.reveal())
  if (parts === null) {
    const where = source === undefined ? '' : ` (${describeSource(source)})`
    return {layer: new Map(), problems: [`database.url: expected a URL such as postgres://user@localhost/shop${where}`]}
  }
  const layer = new Map(Object.entries(parts).map(([key, value]): [string, Sourced] => [`database.${key}`, {value, source: source!}]))
  if (given.has('database.name') || layer.has('database.name')) return {layer, problems: []}
  return {layer, problems: ['database.name: missing; name the database in sparkone.yml, with DB_NAME or in DATABASE_URL']}
}

/** Null when it is no PostgreSQL URL. A list of hosts has no single host, so that stays with the URL. */
function partsOf(url: string): Record<string, string | number> | null {
  if (/%(?![0-9a-f]{2})/i.test(url)) return null
  const match = /^postgres(?:ql)?:\/\/(?:([^:@/]*)(?::[^@/]*)?@)?([^/?]*)(?:\/([^?]*))?(?:\?.*)?$/.exec(url)
  if (!match) return null
  const [, user = '', hosts = '', path = ''] = match
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:,]*)(?::(\d+))?$/.exec(hosts) ?? []
  const parts = {
    // PostgreSQL names the database after the user where the URL does not name one.
    name: decodeURIComponent(path || user),
    user: decodeURIComponent(user),
    host: decodeURIComponent(host.replace(/^\[|\]$/g, '')),
    port: Number(port),
  }
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== '' && value !== 0))
}
