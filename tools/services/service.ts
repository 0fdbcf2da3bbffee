/** A program that is not an npm package and that some tests need. */
export interface Service {
  readonly name: string
  /** The environment variable that tells the tests where it is. */
  readonly variable: string
  /** The path of one that is there already. */
  find(): string | undefined
  /** How it can be brought here now, or undefined where a person has to. */
  installer(options: InstallOptions): Installer | undefined
  /** The command that brings it, for a person to run. */
  readonly command: string
}

export interface InstallOptions {
  /** Whether system packages may be installed (`--no-install` says no). */
  readonly system: boolean
  /** Says what is about to be done. */
  say(text: string): void
}

/** @throws Error that says what went wrong */
export type Installer = () => Promise<void>

/**
 * Makes each service available, and returns the environment that tells the tests where, and the names of those that are missing.
 */
export async function prepareServices(
  services: readonly Service[],
  options: InstallOptions,
): Promise<{ env: Record<string, string>; missing: string[] }> {
  const env: Record<string, string> = {}
  const missing: string[] = []
  for (const service of services) {
    const path = process.env[service.variable] || service.find() || (await install(service, options))
    if (path) env[service.variable] = path
    else missing.push(service.name)
  }
  return { env, missing }
}

async function install(service: Service, options: InstallOptions): Promise<string | undefined> {
  let why = 'is not installed'
  const bring = service.installer(options)
  if (bring) {
    try {
      await bring()
    } catch (error) {
      why = `could not be installed: ${(error as Error).message}`
    }
  }
  const path = service.find()
  if (path === undefined) {
    options.say(`! ${service.name} ${why}. The tests that need it are SKIPPED. To bring it:\n!     ${service.command}`)
  }
  return path
}
