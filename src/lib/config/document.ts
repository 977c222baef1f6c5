import {isMap, isScalar, LineCounter, parseDocument, type Document} from 'yaml'

export interface Position {
  line: number
  column: number
}

/** A YAML file that still knows where each of its values was written. */
export interface ConfigurationDocument {
  value: unknown
  /** What is wrong with the YAML itself. */
  problems: readonly {message: string; position: Position}[]
  /** Returns where the value at a path begins; the nearest written parent when the path itself is absent. */
  locate(path: readonly PropertyKey[]): Position
  /** Returns where a key was written. */
  locateKey(path: readonly PropertyKey[]): Position
}

/** Returns the file's value with positions. Sections that are written but empty count as absent. */
export function parseConfiguration(text: string): ConfigurationDocument {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false})
  const position = (offset: number): Position => {
    const {line, col} = lines.linePos(offset)
    return {line, column: col}
  }
  const {value, problem} = valueOf(document)
  const problems = [...document.errors, ...document.warnings].map(({message, pos}) => ({message, position: position(pos[0])}))
  if (problem !== null) problems.push({message: problem, position: position(0)})
  return {
    value: problems.length > 0 ? {} : value,
    problems,
    locate: (path) => position(offsetOf(document, path)),
    locateKey: (path) => position(keyOffsetOf(document, path)),
  }
}

function valueOf(document: Document.Parsed): {value: unknown; problem: string | null} {
  if (document.errors.length > 0) return {value: {}, problem: null}
  try {
    return {value: document.toJS() ?? {}, problem: null}
  } catch (error) {
    // Aliases are followed only here: one without an anchor, or so many that they would fill the memory.
    return {value: {}, problem: (error as Error).message}
  }
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  if (path.length === 0) return document.contents?.range[0] ?? 0
  const node = document.getIn(path, true)
  const range = (node as {range?: [number, number, number] | null} | undefined)?.range
  return range ? range[0] : offsetOf(document, path.slice(0, -1))
}

function keyOffsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return offsetOf(document, path)
  const pair = parent.items.find(({key}) => isScalar(key) && String(key.value) === String(path.at(-1)))
  const range = (pair?.key as {range?: [number, number, number] | null} | undefined)?.range
  return range ? range[0] : offsetOf(document, path)
}
