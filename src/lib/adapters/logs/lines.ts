/** A longer line is cut, so that one line without an end cannot fill the memory. */
const longest = 64 * 1024

/** Yields the lines of a stream of bytes; what is no UTF-8 becomes U+FFFD, and a line that is too long ends with how much of it is missing. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const line = new PartialLine()
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      line.append(chunk.subarray(start, end))
      yield line.take()
      start = end + 1
    }
    line.append(chunk.subarray(start))
  }
  if (!line.isEmpty) yield line.take()
}

const newline = 10

class PartialLine {
  #pieces: Uint8Array[] = []
  #kept = 0
  #dropped = 0

  get isEmpty(): boolean {
    return this.#kept + this.#dropped === 0
  }

  append(bytes: Uint8Array): void {
    const room = Math.max(longest - this.#kept, 0)
    // Copied, since whoever made the chunk may use its memory again.
    if (room > 0 && bytes.length > 0) this.#pieces.push(Uint8Array.from(bytes.subarray(0, room)))
    this.#kept += Math.min(bytes.length, room)
    this.#dropped += Math.max(bytes.length - room, 0)
  }

  take(): string {
    const text = Buffer.concat(this.#pieces).toString('utf8').replace(/\r$/, '')
    const rest = this.#dropped === 0 ? '' : ` [and ${this.#dropped} bytes more]`
    this.#pieces = []
    this.#kept = 0
    this.#dropped = 0
    return text + rest
  }
}
