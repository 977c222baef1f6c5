/** What the machine shows about the stack of a folder, as far as a first configuration says it. */
export interface Discovery {
  /** Absolute path of the configuration file. */
  file: string
  exists: boolean
  runtime: 'compose' | 'host'
  project: string
  /** What it was read from: names of Compose files, or `DATABASE_URL`. */
  origin: string
  /** Files relative to the folder of the configuration file. */
  compose: {files: readonly string[]; project: string | undefined}
  database: {
    service: string | undefined
    name: string | undefined
    user: string | undefined
    host?: string
    port?: number
    urlVariable: string | undefined
    passwordVariable: string | undefined
  }
  redis: {service: string | undefined; urlVariable: string | undefined}
  api: {service: string | undefined; url: string | undefined}
  prometheus: {url: string | undefined}
}
