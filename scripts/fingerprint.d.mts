export const buildStamp: string
export function fingerprint(root: string): string
