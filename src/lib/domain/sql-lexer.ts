/** What is open: the tokens that matter inside of it, and how many of its kind are nested (only comments nest). */
interface Quote {
  tokens: RegExp
  depth: number
}

/** Longer than any token, so that a token which begins this far from the end of a part is whole. */
const margin = 256
/** How far back a token looks to tell `E'…'` and `$tag$` from the end of a name. */
const lookBehind = 1

const outside = /--|\/\*|(?<![\w$\u0080-\uffff])(?:[eE]'|\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$)|['";\\]/g
const inComment = /\/\*|\*\//g
const inString = /''|'/g
const inEscapeString = /\\[^]|''|'/g
const inIdentifier = /""|"/g

/** Follows quoting across the lines of a SQL script, so that text inside a function body is never taken for a statement. */
export class SqlLexer {
  #open: Quote | null = null
  #statementOpen = false
  #command = false
  #restIgnored = false
  #unread = ''
  #from = 0

  /** True between statements: the next line begins a new one. */
  get atStatementStart(): boolean {
    return this.#open === null && !this.#statementOpen
  }

  /** True while a quoted string, identifier, body or comment is open. */
  get insideQuote(): boolean {
    return this.#open !== null
  }

  /** Reads the next part of a line, of any length; `line` reads the last. */
  part(text: string): void {
    const whole = this.#unread + text
    const end = this.#read(whole, Math.max(this.#from, whole.length - margin))
    this.#from = Math.min(end, lookBehind)
    this.#unread = whole.slice(end - this.#from)
  }

  /** Reads one line, or what is left of it, without its newline. Returns whether it holds a command to psql (`\…`) outside quotes. */
  line(text: string): boolean {
    const whole = this.#unread + text
    this.#read(whole, whole.length)
    const command = this.#command
    this.#command = false
    this.#restIgnored = false
    this.#unread = ''
    this.#from = 0
    return command
  }

  /** Reads every token that begins before `limit` and returns where it stopped. */
  #read(text: string, limit: number): number {
    let position = this.#from
    while (position < limit) {
      if (this.#restIgnored) return limit
      position = this.#open ? this.#inside(this.#open, text, position, limit) : this.#outside(text, position, limit)
    }
    return position
  }

  #outside(text: string, position: number, limit: number): number {
    const token = next(outside, text, position, limit)
    if (text.slice(position, token?.index ?? limit).trim()) this.#statementOpen = true
    if (!token) return limit
    const [word] = token
    if (word === ';') this.#statementOpen = false
    else if (word === '--') this.#restIgnored = true
    else if (word === '\\') this.#command = this.#restIgnored = true
    else this.#begin(word)
    return token.index + word.length
  }

  #begin(word: string): void {
    if (word !== '/*') this.#statementOpen = true
    this.#open = {tokens: tokensAfter(word), depth: 1}
  }

  #inside(quote: Quote, text: string, position: number, limit: number): number {
    const token = next(quote.tokens, text, position, limit)
    if (!token) return limit
    quote.depth += depthChange(token[0])
    if (quote.depth === 0) this.#open = null
    return token.index + token[0].length
  }
}

function next(tokens: RegExp, text: string, position: number, limit: number): RegExpExecArray | null {
  tokens.lastIndex = position
  const token = tokens.exec(text)
  return token && token.index < limit ? token : null
}

function tokensAfter(word: string): RegExp {
  if (word === '/*') return inComment
  if (word === '"') return inIdentifier
  if (word === "'") return inString
  return word.startsWith('$') ? new RegExp(word.replaceAll('$', String.raw`\$`), 'g') : inEscapeString
}

function depthChange(word: string): number {
  if (word === '/*') return 1
  return word === "''" || word === '""' || word.startsWith('\\') ? 0 : -1
}
