import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { loadConfig } from '../config/config.ts'
import type { Actor, Resource } from '../web/route.ts'
import { createPermissions } from './decide.ts'
import type { Action } from './permissions.ts'
import { openTestDatabase } from './testing.ts'

/** Who was asked about, and what. */
interface Asked {
  readonly actors: readonly (Actor | null)[]
  readonly questions: readonly (readonly [Action, string | null, string | null])[]
}

/** One configuration and what was answered: a text for each actor, and in it a 1 or 0 for each question. */
interface Answered {
  readonly config: object
  readonly answers: readonly string[]
}

// What Datasette 1.0a37 said about 120 configurations with rules of every form at every depth, written down by
// fixtures/record-datasette-answers.py.

const [asked, ...cases] = readFileSync(new URL('./fixtures/datasette-answers.jsonl', import.meta.url), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line)) as [Asked, ...Answered[]]
const opened = await openTestDatabase()
const folder = mkdtempSync(join(tmpdir(), 'holdall-datasette-'))
after(async () => {
  await opened.close()
  rmSync(folder, { recursive: true })
})

function resourceOf(database: string | null, table: string | null): Resource {
  if (database === null) return { kind: 'instance' }
  return table === null ? { kind: 'database', parent: database } : { kind: 'table', parent: database, child: table }
}

test('decides as Datasette did, on every configuration, for everybody', async () => {
  let [compared, allowed] = [0, 0]
  for (const [index, { config: written, answers }] of cases.entries()) {
    const file = join(folder, `${index}.json`)
    writeFileSync(file, JSON.stringify(written))
    const { config } = loadConfig({ file, env: {} })
    const permissions = createPermissions(opened.db, { rules: config.rules })
    for (const [who, actor] of asked.actors.entries()) {
      for (const [which, [action, database, table]] of asked.questions.entries()) {
        const may = await permissions.allowed(actor, action, resourceOf(database, table))
        const said = answers[who]?.[which] === '1'
        compared += 1
        allowed += Number(said)
        assert.equal(
          may,
          said,
          `${JSON.stringify(actor)} ${action} ${database}/${table} under ${JSON.stringify(written)}`,
        )
      }
    }
  }
  assert.deepEqual([compared, allowed], [11_400, 3_032])
})
