import { killPoint } from '../../sources/kill-point.ts'
import type { TrashedFile } from './record.ts'
import { openTestTrash } from './test-trash.ts'

/** One change of the trash in a process of its own, for a test that kills it: `node test-child.ts FOLDER ACTION ID…`. */
const [folder = '', action, ...ids] = process.argv.slice(2)
const { trash, source, close } = await openTestTrash(folder, killPoint(process.env))
if (action === 'delete') await trash.move(ids, 'somebody')
else if (action === 'restore') await trash.restore(ids)
else if (action === 'purge') await trash.purge([...(await trash.byIds(ids)).values()] as TrashedFile[])
else if (action === 'empty') {
  const q = (await trash.byId(ids[0] ?? ''))?.filename ?? ''
  const scope = { sources: [source.id], own: null }
  const { upTo } = await trash.emptying.amounts({ scope, q })
  await trash.emptying.begin({ scope, q, upTo, hidden: false, by: 'somebody' })
  await trash.purgeDue()
} else await trash.purgeDue()
process.stdout.write('done\n')
await close()
