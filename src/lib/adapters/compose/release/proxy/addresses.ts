import type {Docker} from '../../docker.ts'

/** Returns the addresses that a container has in its networks. Throws `unreachable` when it is gone. */
export async function addressesOf(id: string, docker: Docker): Promise<string[]> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}'
  return (await docker.run(['inspect', '--type', 'container', '--format', format, id])).split(/\s+/).filter(Boolean)
}
