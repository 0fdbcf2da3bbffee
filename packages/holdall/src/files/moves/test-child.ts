import { setTimeout as sleep } from 'node:timers/promises'
import { killPoint } from '../../sources/kill-point.ts'
import { UNDO_MS } from './limits.ts'
import { openTestMoves } from './test-moves.ts'

/** Looks once for what has moved, in a process of its own, for a test that kills it: `node test-child.ts FOLDER ACTION`. */
const [folder = '', action] = process.argv.slice(2)
const before = killPoint(process.env)
const back = action === 'give back'
const room = await openTestMoves(folder, {
  ...(before && { before }),
  ...(back && { used: true, now: () => Date.now() + 2 * UNDO_MS }),
})
if (back) {
  room.moves.start()
  const open = () =>
    room.database.read.selectFrom('datasette_files_moves').select('id').where('undo', 'is not', null).executeTakeFirst()
  while ((await open()) !== undefined) await sleep(5)
} else await room.moves.settle(room.source.id)
process.stdout.write('done\n')
await room.close()
