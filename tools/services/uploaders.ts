import { debianInstaller } from './debian.ts'
import { pythonProgram } from './python.ts'
import { onPath } from './run.ts'
import type { Service } from './service.ts'

/** What people send large files to S3 with; benchmarks run beside it. */
export const awscli: Service = pythonProgram({
  name: 'AWS CLI',
  variable: 'HOLDALL_BENCH_AWS',
  requirements: ['awscli==1.46.3'],
  program: 'aws',
})

export const rclone: Service = {
  name: 'rclone',
  variable: 'HOLDALL_BENCH_RCLONE',
  command: 'apt-get install rclone   # as root on Debian; elsewhere set HOLDALL_BENCH_RCLONE to the path of one',
  find: () => onPath('rclone'),
  installer: (options) => debianInstaller(['rclone'], options),
}

/** The limit: nothing but requests. */
export const curl: Service = {
  name: 'curl',
  variable: 'HOLDALL_BENCH_CURL',
  command: 'apt-get install curl   # as root on Debian; elsewhere set HOLDALL_BENCH_CURL to the path of one',
  find: () => onPath('curl'),
  installer: (options) => debianInstaller(['curl'], options),
}
