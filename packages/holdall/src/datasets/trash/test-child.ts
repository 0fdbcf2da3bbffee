import { killPoint } from '../../sources/kill-point.ts'
import { openTestDatasetTrash } from './test-trash.ts'

/** One change of the trash in a process of its own, for a test that kills it: `node test-child.ts FOLDER ACTION ID…`. */
const [folder = '', action, ...ids] = process.argv.slice(2)
const { trash, close } = await openTestDatasetTrash(folder, { before: killPoint(process.env) })
if (action === 'purge') await trash.purge(ids)
else await trash.sweep()
process.stdout.write('done\n')
await close()
