/** Returns a text that takes the place of the last one on a terminal, and stands beneath it, after an empty line, elsewhere. */
export function screen(text: string, isTerminal: boolean): string {
  // Home and erase, in one write with the text, so that nothing flickers.
  return isTerminal ? `\u001b[H\u001b[2J${text}` : `${text}\n`
}
