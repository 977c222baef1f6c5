import type {Finding} from '../../domain/finding.ts'
import type {ContainerLogging} from '../../domain/log-bounds.ts'
import {OperatorError} from '../../errors.ts'
import type {DockerPaths, ServiceLogs} from '../../ports/logs.ts'

export interface DockerLook {
  paths: DockerPaths
  containers: readonly ContainerLogging[]
  services: readonly string[]
  findings: readonly Finding[]
}

/** Where Docker keeps its own files unless it says otherwise. */
const usualFolders = ['/var/lib/docker', '/var/lib/containers', '/var/lib/containerd']

/** Returns what Docker says of its logs. Log files are rotated also while it is down; that it is, is a finding. */
export async function lookAtDocker(logs: ServiceLogs): Promise<DockerLook> {
  try {
    const {folders, files} = await logs.docker()
    const paths = {folders: [...new Set([...usualFolders, ...folders])], files}
    return {paths, containers: await logs.containers(), services: await logs.services(), findings: []}
  } catch (error) {
    if (!(error instanceof OperatorError) || !['unreachable', 'denied'].includes(error.kind)) throw error
    const {message, hint} = error
    const finding: Finding = {
      subject: 'docker logs',
      status: 'warning',
      message: `whether the logs of the containers are bounded is not known, and no snapshot of them was taken: ${message}`,
      ...(hint === undefined ? {} : {hint}),
    }
    return {paths: {folders: usualFolders, files: []}, containers: [], services: [], findings: [finding]}
  }
}
