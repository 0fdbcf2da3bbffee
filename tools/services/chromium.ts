import { debianInstaller } from './debian.ts'
import { isProgram, onPath } from './run.ts'
import type { Service } from './service.ts'

const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome']
const ON_A_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

/** The browser of the browser tests. */
export const chromium: Service = {
  name: 'Chromium',
  variable: 'HOLDALL_TEST_CHROMIUM',
  command:
    'apt-get install chromium fonts-liberation   # as root on Debian; elsewhere set HOLDALL_TEST_CHROMIUM to the path of one',
  find() {
    for (const program of PROGRAMS) {
      const path = onPath(program)
      if (path) return path
    }
    return isProgram(ON_A_MAC) ? ON_A_MAC : undefined
  },
  installer: (options) => debianInstaller(['chromium', 'fonts-liberation'], options),
}
