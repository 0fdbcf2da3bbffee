const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The server's own: a source's configuration must never be able to send them anywhere. */
const OWN = new Set(['HOLDALL_SECRET', 'DATASETTE_SECRET'])

/** Secrets that the configuration and sources name, and never contain. */
export interface Secrets {
  /** The value, or undefined when there is no secret of that name. */
  getSecret(name: string): Promise<string | undefined>
}

/** Secrets from environment variables of their name; `DATASETTE_SECRETS_{name}` counts too, as datasette-secrets has it. */
export function createSecrets(env: Readonly<Record<string, string | undefined>>): Secrets {
  function read(name: string): string | undefined {
    return Object.hasOwn(env, name) ? env[name] : undefined
  }
  return {
    async getSecret(name) {
      if (!NAME.test(name) || OWN.has(name)) return undefined
      return read(name) || read(`DATASETTE_SECRETS_${name}`) || undefined
    },
  }
}
