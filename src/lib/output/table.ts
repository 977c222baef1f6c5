/** A cell is measured as plain text and painted afterwards, so colours never break the columns. */
export interface Cell {
  text: string
  paint?: (text: string) => string
  align?: 'left' | 'right'
}

export type Row = readonly (Cell | string)[]

export interface TableOptions {
  columns: number
  head?: readonly string[]
  /** Paints the head. */
  paintHead?: (text: string) => string
}

const gap = '  '

/** Below this width the last column is not worth its place and the rows are stacked. */
const narrowest = 24

/** Returns the rows in aligned columns; the last column wraps inside its own width, and on narrow terminals goes beneath the others. */
export function table(rows: readonly Row[], {columns, head, paintHead = (text) => text}: TableOptions): string {
  const headRow: Row[] = head ? [head.map((text) => ({text, paint: paintHead}))] : []
  const cells = [...headRow, ...rows].map((row) => row.map((cell) => (typeof cell === 'string' ? {text: cell} : cell)))
  const widths = widthsOf(cells)
  const left = widths.reduce((sum, width) => sum + width + gap.length, 0)
  const rest = columns - left
  return cells.map((row) => (rest < narrowest ? stack(row, columns) : lay(row, widths, rest))).join('\n')
}

/** Returns the text broken at spaces into lines of at most `width` characters; a longer word stands alone and unbroken, so it can be copied. */
export function wrap(text: string, width: number): string[] {
  return text.split('\n').flatMap((line) => wrapLine(line, width))
}

/** Returns how many terminal cells a text fills; East Asian wide characters and emoji fill two. */
export function widthOf(text: string): number {
  return [...text].reduce((sum, character) => sum + (isZeroWidth(character) ? 0 : isWide(character) ? 2 : 1), 0)
}

function widthsOf(cells: readonly (readonly Cell[])[]): number[] {
  const count = Math.max(0, ...cells.map((row) => row.length - 1))
  return Array.from({length: count}, (_, index) => Math.max(...cells.map((row) => widthOf(row[index]?.text ?? ''))))
}

function lay(row: readonly Cell[], widths: readonly number[], rest: number): string {
  const {text, paint = same} = row.at(-1) ?? {text: ''}
  const fixed = row.slice(0, -1).map((cell, index) => pad(cell, widths[index]!) + gap)
  const indent = ' '.repeat(widths.reduce((sum, width) => sum + width + gap.length, 0))
  return wrap(text, rest)
    .map((line, index) => `${index === 0 ? fixed.join('') : indent}${paint(line)}`.trimEnd())
    .join('\n')
}

function stack(row: readonly Cell[], columns: number): string {
  const {text, paint = same} = row.at(-1) ?? {text: ''}
  const fixed = row.slice(0, -1).map((cell) => (cell.paint ?? same)(cell.text))
  const lines = wrap(text, Math.max(columns - gap.length, 1)).map((line) => gap + paint(line))
  return [fixed.filter((part) => part !== '').join(' '), ...lines].filter((line) => line.trim() !== '').join('\n')
}

function pad({text, paint = same, align = 'left'}: Cell, width: number): string {
  const fill = ' '.repeat(Math.max(width - widthOf(text), 0))
  return align === 'left' ? paint(text) + fill : fill + paint(text)
}

function same(text: string): string {
  return text
}

function wrapLine(line: string, width: number): string[] {
  const lines: string[] = []
  let current = ''
  for (const word of line.split(' ')) {
    const longer = current === '' ? word : `${current} ${word}`
    if (current !== '' && widthOf(longer) > width) {
      lines.push(current)
      current = word
    } else current = longer
  }
  return [...lines, current]
}

function isZeroWidth(character: string): boolean {
  return /\p{Mark}|\u200b|\u200d|\ufe0f/u.test(character)
}

function isWide(character: string): boolean {
  return /\p{Emoji_Presentation}|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\uff00-\uff60\uffe0-\uffe6]/u.test(character)
}
