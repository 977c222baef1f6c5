#!/bin/sh
# Writes the secrets of an environment, decrypted by SOPS, into secrets/ beside this file, where the Compose files look for them:
#   ops/decrypt-secrets.sh production
# All or none: nothing is replaced unless every field could be decrypted. The key is where SOPS looks for it, such as SOPS_AGE_KEY_FILE.
set -eu
umask 077

fail() {
  echo "decrypt-secrets: $1" >&2
  exit "$2"
}

[ $# -eq 1 ] || fail 'say which environment: ops/decrypt-secrets.sh production' 3
here=$(cd "$(dirname "$0")" && pwd)
encrypted=$here/../secrets/$1.sops.yaml
[ -f "$encrypted" ] || fail "there is no secrets/$1.sops.yaml" 9
command -v sops >/dev/null || fail 'sops is not installed' 3

# Each field of the encrypted file, and the file that Compose mounts or, for the off-site store, sparkone.yml refers to.
files='
postgres.password:postgres_password
redis.password:redis_password
grafana.admin_password:grafana_admin_password
notion.token:notion_token
smtp.password:smtp_password
slack.alert_webhook:slack_alert_webhook
webhooks.secrets:webhook_secrets
pagerduty.routing_key:pagerduty_routing_key
sentry.dsn:sentry_dsn
heartbeat.url:heartbeat_url
offsite.access_key_id:offsite_access_key_id
offsite.secret_access_key:offsite_secret_access_key
'

mkdir -p "$here/secrets"
chmod 700 "$here/secrets"
draft=$(mktemp -d "$here/secrets/.draft-XXXXXX")
trap 'rm -rf "$draft"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

for pair in $files; do
  field=${pair%%:*}
  sops --decrypt --extract "[\"${field%%.*}\"][\"${field#*.}\"]" "$encrypted" >"$draft/${pair#*:}.txt" ||
    fail "$field could not be decrypted; nothing was replaced" 2
done
# Readable by every service once mounted; the folder around them is closed.
chmod 444 "$draft"/*.txt
mv -f "$draft"/*.txt "$here/secrets/"
echo "wrote the secrets of $1; docker compose up -d --force-recreate lets the services read them"
