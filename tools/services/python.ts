import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { debianInstaller } from './debian.ts'
import { isProgram, onPath, run } from './run.ts'
import type { Service } from './service.ts'

const CACHE = join(dirname(dirname(import.meta.dirname)), 'node_modules', '.cache', 'holdall')
const BIN = process.platform === 'win32' ? 'Scripts' : 'bin'
const OLDEST_PYTHON = [3, 10] as const

export interface PythonProgram {
  /** For people. */
  readonly name: string
  readonly variable: string
  /** Exact versions, as pip wants them. */
  readonly requirements: readonly string[]
  readonly program: string
}

/** A program from PyPI, in a Python environment of its own beside the npm packages. */
export function pythonProgram({ name, variable, requirements, program }: PythonProgram): Service {
  const environment = join(CACHE, program)
  const ready = join(environment, 'installed.txt')
  return {
    name,
    variable,
    command: `python3 -m venv ${program} && ${program}/bin/pip install ${requirements.join(' ')}   # then set ${variable}=${program}/bin/${program}`,
    find() {
      const installed = existsSync(ready) ? readFileSync(ready, 'utf8') : ''
      const path = join(environment, BIN, program)
      return installed === requirements.join('\n') && isProgram(path) ? path : undefined
    },
    installer: (options) => async () => {
      if (!(await makesEnvironments(onPath('python3')))) await debianInstaller(['python3-venv'], options)?.()
      const python = onPath('python3')
      if (!python) throw new Error(`Python ${OLDEST_PYTHON.join('.')} or newer was not found`)
      options.say(`Installing ${requirements.join(', ')} with pip into ${environment} …`)
      rmSync(environment, { recursive: true, force: true })
      mkdirSync(dirname(environment), { recursive: true })
      await run(python, ['-m', 'venv', environment])
      await run(join(environment, BIN, 'python'), ['-m', 'pip', 'install', '--quiet', ...requirements])
      writeFileSync(ready, requirements.join('\n'))
    },
  }
}

async function makesEnvironments(python: string | undefined): Promise<boolean> {
  if (!python) return false
  try {
    // Debian's python3 has venv without ensurepip until python3-venv is installed.
    await run(python, ['-c', `import venv, ensurepip, sys; sys.exit(sys.version_info < (${OLDEST_PYTHON.join(', ')}))`])
    return true
  } catch {
    return false
  }
}
