import {alerts} from './alerts.ts'
import {backups} from './backups.ts'
import {database} from './database.ts'
import {buildBoard} from './kit.ts'
import {overview} from './overview.ts'
import {performance} from './performance.ts'
import {security} from './security.ts'
import {slo} from './slo.ts'

/** Returns Grafana's dashboards, by their path in the repository. */
export function dashboards(): [path: string, text: string][] {
  return [overview, performance, security, database, backups, alerts, slo].map((board) => [
    `ops/grafana/dashboards/${board.name}.json`,
    JSON.stringify(buildBoard(board)),
  ])
}
