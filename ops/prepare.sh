#!/bin/sh
# Makes what the Compose files need besides the repository: secrets, folders and a first certificate. Run it as root, as often as you like:
# secrets that exist are kept. Files that stay empty turn off what they are for.
set -eu
umask 022
cd "$(dirname "$0")"

# Prints what .env says about a variable, or the default.
setting() {
  value=$(sed -n "s/^$1=//p" .env 2>/dev/null | tail -n 1)
  echo "${value:-$2}"
}

random='postgres_password redis_password grafana_admin_password'
optional='webhook_secrets notion_token sentry_dsn slack_alert_webhook pagerduty_routing_key smtp_password heartbeat_url'

# The folder is closed, the files are not: Compose mounts them as they are, and each service runs as a user of its own.
mkdir -p secrets
chmod 700 secrets

for name in $random; do
  [ -e "secrets/$name.txt" ] || {
    openssl rand -hex 24 >"secrets/$name.txt"
    echo "made secrets/$name.txt"
  }
done
for name in $optional; do
  [ -e "secrets/$name.txt" ] || {
    : >"secrets/$name.txt"
    echo "made secrets/$name.txt, which is empty"
  }
done

# nginx needs a certificate to start; replace both files by real ones (README.md). Traefik gets its own and does not look at them.
domain=$(setting SPARKONE_DOMAIN localhost)
[ -e secrets/tls_key.txt ] || {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=$domain" \
    -addext "subjectAltName=DNS:$domain" -keyout secrets/tls_key.txt -out secrets/tls_certificate.txt 2>/dev/null
  echo 'made a certificate that nobody trusts, for nginx to start with'
}
chmod 444 secrets/*.txt

# Owned by the users that Traefik and the backup service run as.
install -d -m 700 -o 65532 -g 65532 "$(setting ACME_DIRECTORY ./traefik/acme)"
install -d -m 755 "$(setting ACME_CHALLENGE_DIRECTORY ./nginx/challenges)"
install -d -m 755 "$(setting CERTIFICATES_DIRECTORY ./certificates)"
install -d -m 700 -o 999 -g 999 "$(setting BACKUP_DIRECTORY /var/backups/sparkone)"
