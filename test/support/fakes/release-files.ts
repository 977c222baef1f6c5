import type {OperatorError} from '../../../src/lib/errors.ts'
import type {ReleaseFiles, ReleaseFolder} from '../../../src/lib/ports/release-files.ts'

/** Folders of deployments in memory. */
export class FakeReleaseFiles implements ReleaseFiles {
  left: ReleaseFolder[] = []
  /** What removing ends with. */
  failing: OperatorError | null = null

  async folders(): Promise<readonly ReleaseFolder[]> {
    return this.left
  }

  async remove(path: string): Promise<void> {
    if (this.failing) throw this.failing
    this.left = this.left.filter((folder) => folder.path !== path)
  }
}
