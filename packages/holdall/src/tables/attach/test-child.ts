import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { killPoint } from '../../sources/kill-point.ts'
import type { Pair } from './run.ts'
import { openTestAttach } from './test-attach.ts'

/** Attaching or undoing in a process of its own, for a test that kills it: `node test-child.ts FOLDER ACTION [RUN]`. */
const [folder = '', action, run = null] = process.argv.slice(2)
const pairs = JSON.parse(readFileSync(join(folder, 'pairs.json'), 'utf8')) as Pair[]
const room = await openTestAttach(folder, killPoint(process.env))
if (action === 'attach') await room.apply(pairs, run)
else if (action === 'undo') await room.undo(run ?? '')
else if (action === 'settle') await room.settle()
else {
  process.stdout.write('begins\n')
  for (;;) await room.undo((await room.apply(pairs, null)).id)
}
process.stdout.write('done\n')
await room.close()
