import { debianInstaller } from './debian.ts'
import { onPath } from './run.ts'
import type { Service } from './service.ts'

const PROGRAMS = ['radosgw', 'radosgw-admin', 'ceph', 'ceph-mon', 'ceph-osd', 'monmaptool']
const PACKAGES = ['radosgw', 'ceph-mon', 'ceph-osd']

/** The S3 server of the tests; tools/services/s3.ts starts it. */
export const ceph: Service = {
  name: 'Ceph (an S3 server)',
  variable: 'HOLDALL_TEST_CEPH',
  command: `apt-get install ${PACKAGES.join(' ')}   # as root on Debian; elsewhere set HOLDALL_TEST_S3 to the address of an S3 server with the keys of tools/services/s3.ts`,
  find: () => (PROGRAMS.every(onPath) ? onPath('radosgw') : undefined),
  installer: (options) => debianInstaller(PACKAGES, options),
}
