type Quote = {kind: 'string'; escapes: boolean} | {kind: 'identifier'} | {kind: 'dollar'; tag: string} | {kind: 'comment'; depth: number}

/** Follows quoting across the lines of a SQL script, so that text inside a function body is never taken for a statement. */
export class SqlLexer {
  #open: Quote | null = null
  #statementOpen = false

  /** True between statements: the next line begins a new one. */
  get atStatementStart(): boolean {
    return this.#open === null && !this.#statementOpen
  }

  /** True while a quoted string, identifier, body or comment is open. */
  get insideQuote(): boolean {
    return this.#open !== null
  }

  /** Reads one line without its newline. */
  line(text: string): void {
    let position = 0
    while (position < text.length) position = this.#open ? this.#close(text, position, this.#open) : this.#plain(text, position)
  }

  #plain(text: string, position: number): number {
    const rest = text.slice(position)
    if (rest.startsWith('--')) return text.length
    if (rest.startsWith('/*')) return this.#begin({kind: 'comment', depth: 1}, position + 2)
    const dollar = /^\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/.exec(rest)
    if (dollar && !/[\w$]/.test(text[position - 1] ?? ' '))
      return this.#begin({kind: 'dollar', tag: dollar[0]}, position + dollar[0].length)
    const character = rest[0]
    if (character === "'") return this.#begin({kind: 'string', escapes: /(^|[^\w])e$/i.test(text.slice(0, position))}, position + 1)
    if (character === '"') return this.#begin({kind: 'identifier'}, position + 1)
    if (character === ';') this.#statementOpen = false
    else if (character?.trim()) this.#statementOpen = true
    return position + 1
  }

  #begin(quote: Quote, next: number): number {
    if (quote.kind !== 'comment') this.#statementOpen = true
    this.#open = quote
    return next
  }

  #close(text: string, position: number, open: Quote): number {
    if (open.kind === 'comment') return this.#comment(text, position, open)
    if (open.kind === 'string' && open.escapes && text[position] === '\\') return position + 2
    const end = open.kind === 'dollar' ? open.tag : open.kind === 'string' ? "'" : '"'
    if (!text.startsWith(end, position)) return position + 1
    const doubled = open.kind !== 'dollar' && text.startsWith(end, position + 1)
    if (doubled) return position + 2
    this.#open = null
    return position + end.length
  }

  #comment(text: string, position: number, open: {kind: 'comment'; depth: number}): number {
    if (text.startsWith('/*', position)) open.depth += 1
    else if (text.startsWith('*/', position)) open.depth -= 1
    else return position + 1
    if (open.depth === 0) this.#open = null
    return position + 2
  }
}
