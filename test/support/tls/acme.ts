/** Returns the text of an `acme.json`, as Traefik writes it, with keys that must never be shown. */
export function acmeJson(resolvers: Record<string, {names: readonly string[]; certificate: string}[]>): string {
  const entries = Object.entries(resolvers).map(([resolver, certificates]) => [
    resolver,
    {
      Account: {
        Email: 'operator@shop.example',
        Registration: {uri: 'https://authority.example/1'},
        PrivateKey: 'c2VjcmV0LWFjY291bnQ=',
        KeyType: '4096',
      },
      Certificates: certificates.map(({names: [main, ...sans], certificate}) => ({
        domain: {main, ...(sans.length > 0 && {sans})},
        certificate: Buffer.from(certificate).toString('base64'),
        key: 'c2VjcmV0LWtleQ==',
        Store: 'default',
      })),
    },
  ])
  return JSON.stringify(Object.fromEntries(entries), null, 2)
}
