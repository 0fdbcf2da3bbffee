import { HoldallError } from '../web/error.ts'

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
/** The server's own: a source's configuration must never be able to send them anywhere. */
const OWN = new Set(['HOLDALL_SECRET', 'DATASETTE_SECRET'])

/** Secrets that the configuration and sources name, and never contain. */
export interface Secrets {
  /** The value, or undefined when there is no secret of that name. */
  getSecret(name: string): Promise<string | undefined>
}

/**
 * Secrets from environment variables of their name (`DATASETTE_SECRETS_{name}` counts too, as datasette-secrets has it),
 * else those that are kept.
 */
export function createSecrets(
  env: Readonly<Record<string, string | undefined>>,
  kept?: { get(name: string): Promise<string | undefined> },
): Secrets {
  function read(name: string): string | undefined {
    return Object.hasOwn(env, name) ? env[name] : undefined
  }
  return {
    async getSecret(name) {
      if (!mayBeNamed(name)) return undefined
      return read(name) || read(`DATASETTE_SECRETS_${name}`) || (await kept?.get(name)) || undefined
    },
  }
}

/** @throws HoldallError `secret_name_invalid` */
export function checkName(name: string): void {
  if (!mayBeNamed(name)) throw new HoldallError('secret_name_invalid', { name })
}

function mayBeNamed(name: string): boolean {
  return NAME.test(name) && !OWN.has(name)
}
