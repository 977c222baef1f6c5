import type {DemoEvent} from './demo.ts'
import {restoreReport} from './restore-report.ts'

/** Returns an event in the shape in which it is shown and put into the document. */
export function toScene(event: DemoEvent) {
  switch (event.kind) {
    case 'backup':
      return {kind: event.kind, report: event.result}
    case 'verify':
      return {kind: event.kind, proof: event.result.proof}
    case 'restore':
      return {kind: event.kind, report: restoreReport(event.result)}
    case 'undo':
      return {kind: event.kind, report: event.result}
    default:
      return event
  }
}
