/** The value of a secret, wherever it is kept; `undefined` when nobody has set it. */
export type GetSecret = (name: string) => Promise<string | undefined>

/** The names that `{$secret: NAME}` refers to, anywhere in a source's `config`. */
export function secretNames(config: unknown): string[] {
  if (Array.isArray(config)) return config.flatMap(secretNames)
  if (typeof config !== 'object' || config === null) return []
  const name = secretName(config)
  return name === undefined ? Object.values(config).flatMap(secretNames) : [name]
}

/** The configuration with every `{$secret: NAME}` replaced by what `values` has for it. */
export function withSecrets(config: unknown, values: (name: string) => string): unknown {
  if (Array.isArray(config)) return config.map((item) => withSecrets(item, values))
  if (typeof config !== 'object' || config === null) return config
  const name = secretName(config)
  if (name !== undefined) return values(name)
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key, withSecrets(value, values)]))
}

function secretName(block: object): string | undefined {
  const name = (block as { $secret?: unknown }).$secret
  return typeof name === 'string' ? name : undefined
}
