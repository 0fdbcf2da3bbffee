import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { debianInstaller } from './debian.ts'
import { isProgram, onPath, run } from './run.ts'
import type { Service } from './service.ts'

/** The versions that Holdall's answers are compared with. */
const REQUIREMENTS = ['datasette==1.0a37', 'datasette-files==0.1a3']
const VENV = join(dirname(dirname(import.meta.dirname)), 'node_modules', '.cache', 'holdall', 'datasette')
const READY = join(VENV, 'installed.txt')
const BIN = process.platform === 'win32' ? 'Scripts' : 'bin'
const OLDEST_PYTHON = [3, 10] as const

/** Datasette itself, with its files plugin, in a Python environment of its own. */
export const datasette: Service = {
  name: 'Datasette',
  variable: 'HOLDALL_TEST_DATASETTE',
  command: `python3 -m venv datasette && datasette/bin/pip install ${REQUIREMENTS.join(' ')}   # then set HOLDALL_TEST_DATASETTE=datasette/bin/datasette`,
  find() {
    const installed = existsSync(READY) ? readFileSync(READY, 'utf8') : ''
    const program = join(VENV, BIN, 'datasette')
    return installed === REQUIREMENTS.join('\n') && isProgram(program) ? program : undefined
  },
  installer: (options) => async () => {
    if (!(await makesEnvironments(onPath('python3')))) await debianInstaller(['python3-venv'], options)?.()
    const python = onPath('python3')
    if (!python) throw new Error(`Python ${OLDEST_PYTHON.join('.')} or newer was not found`)
    options.say(`Installing ${REQUIREMENTS.join(', ')} with pip into ${VENV} …`)
    rmSync(VENV, { recursive: true, force: true })
    mkdirSync(dirname(VENV), { recursive: true })
    await run(python, ['-m', 'venv', VENV])
    await run(join(VENV, BIN, 'python'), ['-m', 'pip', 'install', '--quiet', ...REQUIREMENTS])
    writeFileSync(READY, REQUIREMENTS.join('\n'))
  },
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
