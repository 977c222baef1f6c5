/** Returns a project or environment as the name of a folder; anything that could lead out of the root is spelled in hexadecimal. */
export function folderName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}._ -]|^\.+/gu, (match) =>
    [...match].map((character) => `%${character.codePointAt(0)?.toString(16)}`).join(''),
  )
}
