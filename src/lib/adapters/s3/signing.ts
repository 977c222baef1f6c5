type WithHeaders = {request?: {headers?: Record<string, string>}}

/** Gives the signature the SHA-256 that is known already: it is computed once, and holds for bodies that are streams as well. */
export function signedWith<Command extends {middlewareStack: {add(...all: never[]): void}}>(command: Command, sha256: Buffer): Command {
  const add = command.middlewareStack.add.bind(command.middlewareStack) as (middleware: unknown, options: unknown) => void
  add(
    (next: (input: WithHeaders) => unknown) => (input: WithHeaders) => {
      if (input.request?.headers) input.request.headers['x-amz-content-sha256'] = sha256.toString('hex')
      return next(input)
    },
    {step: 'build', name: 'knownSha256'},
  )
  return command
}
