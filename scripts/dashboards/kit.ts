import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  TooltipDisplayMode,
} from '@grafana/grafana-foundation-sdk/common'
import {ReduceDataOptionsBuilder, VizLegendOptionsBuilder, VizTooltipOptionsBuilder} from '@grafana/grafana-foundation-sdk/common'
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type Dashboard,
  type Panel,
} from '@grafana/grafana-foundation-sdk/dashboard'
import {DataqueryBuilder, PromQueryFormat} from '@grafana/grafana-foundation-sdk/prometheus'
import {PanelBuilder as StatBuilder} from '@grafana/grafana-foundation-sdk/stat'
import {PanelBuilder as TableBuilder} from '@grafana/grafana-foundation-sdk/table'
import {PanelBuilder as GraphBuilder} from '@grafana/grafana-foundation-sdk/timeseries'

/** The name of the data source in `ops/grafana/provisioning`. */
const datasource = {type: 'prometheus', uid: 'prometheus'}

/** Limits at which a value turns orange and red; `below` reverses them. */
export interface Limits {
  warning?: number
  critical: number
  below?: boolean
}

export interface Board {
  /** Also the file name and, after `sparkone-`, the identifier in links. */
  name: string
  title: string
  description: string
  rows: Record<string, readonly {build(): Panel}[]>
}

interface StatOptions {
  title: string
  description?: string
  expression: string
  legend?: string
  /** A unit of Grafana: s, reqps, percentunit, bytes, short. */
  unit: string
  limits?: Limits
  width?: number
}

interface GraphOptions {
  title: string
  description?: string
  unit: string
  /** PromQL by the legend of what it gives, which may name labels as `{{route}}`. */
  series: Record<string, string>
  limits?: Limits
  maximum?: number
  width?: number
}

/** Returns the dashboard as Grafana reads it. */
export function buildBoard({name, title, description, rows}: Board): Dashboard {
  const builder = new DashboardBuilder(`sparkone / ${title}`)
    .uid(`sparkone-${name}`)
    .description(description)
    .tags(['sparkone'])
    .timezone('browser')
    .time({from: 'now-6h', to: 'now'})
    .refresh('30s')
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(new DashboardLinkBuilder('sparkone').type(DashboardLinkType.Dashboards).tags(['sparkone']).asDropdown(true).keepTime(true))
  for (const [row, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(row))
    for (const panel of panels) builder.withPanel(panel)
  }
  const board = builder.build()
  for (const [index, panel] of (board.panels ?? []).entries()) panel.id = index + 1
  return board
}

/** Returns a panel with the newest value, large. */
export function stat({title, description, expression, legend, unit, limits, width = 4}: StatOptions): StatBuilder {
  const panel = new StatBuilder()
    .title(title)
    .datasource(datasource)
    .unit(unit)
    .noValue('no data')
    .colorMode(limits ? BigValueColorMode.Background : BigValueColorMode.Value)
    .graphMode(BigValueGraphMode.Area)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .thresholds(thresholds(limits))
    .span(width)
    .height(4)
    .withTarget(query('A', expression, legend))
  return description === undefined ? panel : panel.description(description)
}

/** Returns a panel with lines over time. */
export function graph({title, description, unit, series, limits, maximum, width = 12}: GraphOptions): GraphBuilder {
  const panel = new GraphBuilder()
    .title(title)
    .datasource(datasource)
    .unit(unit)
    .min(0)
    .fillOpacity(8)
    .legend(new VizLegendOptionsBuilder().displayMode(LegendDisplayMode.List).placement(LegendPlacement.Bottom).showLegend(true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi))
    .thresholds(thresholds(limits))
    .span(width)
    .height(8)
  for (const [index, [legend, expression]] of Object.entries(series).entries()) {
    panel.withTarget(query(String.fromCodePoint(65 + index), expression, legend))
  }
  if (maximum !== undefined) panel.max(maximum)
  return description === undefined ? panel : panel.description(description)
}

/** Returns a panel with one row for each series and its labels. */
export function table({title, description, expression, width = 24}: Omit<StatOptions, 'unit' | 'legend' | 'limits'>): TableBuilder {
  const panel = new TableBuilder()
    .title(title)
    .datasource(datasource)
    .span(width)
    .height(8)
    .filterable(true)
    .withTarget(query('A', expression).instant().format(PromQueryFormat.Table))
    .withTransformation({id: 'organize', options: {excludeByName: {Time: true, __name__: true, Value: true}}})
  return description === undefined ? panel : panel.description(description)
}

function query(refId: string, expression: string, legend = '__auto'): DataqueryBuilder {
  return new DataqueryBuilder().refId(refId).datasource(datasource).expr(expression).legendFormat(legend)
}

function thresholds(limits: Limits | undefined): ThresholdsConfigBuilder {
  const builder = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute)
  if (!limits) return builder.steps([{value: null, color: 'green'}])
  const {warning, critical, below = false} = limits
  const between = warning === undefined ? [] : [{value: below ? critical : warning, color: 'orange'}]
  if (below) return builder.steps([{value: null, color: 'red'}, ...between, {value: warning ?? critical, color: 'green'}])
  return builder.steps([{value: null, color: 'green'}, ...between, {value: critical, color: 'red'}])
}
