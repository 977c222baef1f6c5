import type {Finding} from './finding.ts'
import {parseBytes} from './quantity.ts'

/** How a container keeps what it logs. */
export interface ContainerLogging {
  service: string
  container: string
  driver: string
  options: Readonly<Record<string, string>>
}

/** Returns a finding for each service whose logs may grow without end, with the lines to add to its Compose file; one `ok` when none may. */
export function judgeLogBounds(containers: readonly ContainerLogging[]): Finding[] {
  const byService = new Map(containers.map((container) => [container.service, container]))
  const unbounded = [...byService.values()].filter((container) => !isBounded(container))
  if (unbounded.length > 0) return unbounded.toSorted((one, other) => (one.service < other.service ? -1 : 1)).map(toFinding)
  if (containers.length === 0) return []
  return [{subject: 'docker logs', status: 'ok', message: `the logs of ${containers.length} containers are bounded`}]
}

/** The lines that bound the logs of a service in a Compose file. */
function boundingLines({service}: Pick<ContainerLogging, 'service'>): string[] {
  return [
    'services:',
    `  ${service}:`,
    '    logging:',
    '      driver: json-file',
    '      options:',
    "        max-size: '10m'",
    "        max-file: '3'",
  ]
}

/** Drivers that keep nothing on this machine, or have a bound of their own unless it is taken away. */
const drivers: Readonly<Record<string, (options: Readonly<Record<string, string>>) => boolean>> = {
  'json-file': (options) => isLimit(options['max-size']),
  local: (options) => options['max-size'] === undefined || isLimit(options['max-size']),
}

function isBounded({driver, options}: ContainerLogging): boolean {
  return drivers[driver]?.(options) ?? true
}

/** Docker takes -1 for no limit at all. */
function isLimit(size: string | undefined): boolean {
  return size !== undefined && (parseBytes(size) ?? 0) > 0
}

function toFinding(container: ContainerLogging): Finding {
  const {service, driver, options} = container
  const has = options['max-size'] === undefined ? 'without max-size' : `with max-size ${options['max-size']}`
  return {
    subject: `docker logs of ${service}`,
    status: 'warning',
    message: `the driver ${driver} ${has} lets the logs of ${service} grow until the disk is full`,
    hint: ['Add to the Compose file, then docker compose up --detach:', ...boundingLines(container)].join('\n'),
  }
}
