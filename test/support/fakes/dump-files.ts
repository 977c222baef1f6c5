import {OperatorError} from '../../../src/lib/errors.ts'
import type {DumpFile, DumpFiles} from '../../../src/lib/ports.ts'

/** Dumps of other tools, by path. */
export class FakeDumpFiles implements DumpFiles {
  readonly #files = new Map<string, Pick<DumpFile, 'format'> & {contents: Uint8Array}>()

  add(path: string, format: DumpFile['format'], contents: string): this {
    this.#files.set(path, {format, contents: new TextEncoder().encode(contents)})
    return this
  }

  async find(path: string): Promise<DumpFile> {
    const file = this.#files.get(path)
    if (!file) throw new OperatorError('notFound', `There is no file ${path}.`)
    const {format, contents} = file
    return {
      path,
      format,
      bytes: contents.length,
      async *open() {
        yield contents
      },
    }
  }
}
