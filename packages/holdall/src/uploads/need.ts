import { sourceResource } from '../sources/sources.ts'
import type { Need } from '../web/route.ts'

/** Checked before it is said whether there is such a source, and before any byte is read. */
export const mayUpload: Need = {
  kind: 'permission',
  action: 'files-upload',
  on: (c) => sourceResource(c.req.param('source') as string),
}
