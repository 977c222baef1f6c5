/** Returns the command that shows what a Compose service said last, or `otherwise` where no service is known. */
export function showLogs(service: string | null, otherwise = 'docker compose logs --tail=50'): string {
  return service === null ? otherwise : `docker compose logs --tail=50 ${service}`
}

/** Returns the command that starts a Compose service, or `otherwise` where no service is known. */
export function startService(service: string | null, otherwise = 'docker compose up -d'): string {
  return service === null ? otherwise : `docker compose up -d ${service}`
}
