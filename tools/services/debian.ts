import { onPath, run } from './run.ts'
import type { Installer, InstallOptions } from './service.ts'

/** Installs Debian packages where that is allowed and possible: as root, on a system that has apt. */
export function debianInstaller(packages: readonly string[], { system, say }: InstallOptions): Installer | undefined {
  if (!system || process.getuid?.() !== 0 || !onPath('apt-get')) return undefined
  return async () => {
    say(`Installing system packages with apt-get: ${packages.join(' ')} (--no-install prevents this) …`)
    const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
    await run('apt-get', ['update', '-q'], quiet)
    await run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], quiet)
  }
}
