/** Lets a run go on when whoever reads what it says stops reading, as `head` does: a backup must not die of that. */
export function surviveClosedPipes() {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (error.code !== 'EPIPE') throw error
      // What is said from here on goes nowhere, and nobody may wait for it to be through.
      stream.write = () => true
      stream.emit('drain')
    })
  }
}
