import { debianInstaller } from './debian.ts'
import { isProgram, onPath } from './run.ts'
import type { Service } from './service.ts'

const VARIABLE = 'HOLDALL_TEST_CHROMIUM'
const PROGRAMS = ['chromium', 'chromium-browser', 'google-chrome']
const ON_A_MAC = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
const SHELL = 'chromium-headless-shell'

/** The whole browser. */
export const chromium: Service = {
  name: 'Chromium',
  variable: VARIABLE,
  command: `apt-get install chromium fonts-liberation   # as root on Debian; elsewhere set ${VARIABLE} to the path of one`,
  find() {
    for (const program of PROGRAMS) {
      const path = onPath(program)
      if (path) return path
    }
    return isProgram(ON_A_MAC) ? ON_A_MAC : undefined
  },
  installer: (options) => debianInstaller(['chromium', 'fonts-liberation'], options),
}

/** The same engine without a window and what belongs to one, for half the processor time; else the whole browser. */
export const chromiumShell: Service = {
  name: "Chromium's headless shell",
  variable: 'HOLDALL_TEST_CHROMIUM_SHELL',
  command: `apt-get install ${SHELL} fonts-liberation   # as root on Debian`,
  find: () => onPath(SHELL) ?? (onPath('apt-get') ? undefined : chromium.find()),
  installer: (options) => debianInstaller([SHELL, 'fonts-liberation'], options),
}
