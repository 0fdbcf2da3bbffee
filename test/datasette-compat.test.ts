import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { DATASETTE, type RunningDatasette, startDatasette } from './support/datasette.ts'
import { type RunningHoldall, startHoldall } from './support/holdall.ts'

// Datasette configurations as people write them, each served by Datasette itself and by Holdall on the same databases.

const FIXTURES = fileURLToPath(new URL('../packages/holdall/src/config/fixtures/', import.meta.url))

const MUSEUM = `
  CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, born INTEGER);
  INSERT INTO makers VALUES (1, 'Ida Holm', 1862), (2, 'Jo Berg', NULL), (3, 'Ada', 1901);
  CREATE TABLE objects (
    id INTEGER PRIMARY KEY, title TEXT, acquired TEXT, department TEXT, materials TEXT, maker_id INTEGER REFERENCES makers(id),
    weight REAL, accession INTEGER, photo TEXT, condition_report TEXT, website TEXT, notes TEXT, seal BLOB
  );
  CREATE INDEX objects_maker ON objects(maker_id);
  INSERT INTO objects
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 260)
    SELECT i, 'Object ' || (i * 7 % 50), CASE WHEN i % 9 = 0 THEN NULL ELSE date('2000-01-01', '+' || (i % 40) || ' days') END,
      CASE i % 3 WHEN 0 THEN 'Ceramics' WHEN 1 THEN 'Glass' ELSE '' END, '["clay","' || (i % 4) || '"]',
      CASE WHEN i % 10 = 0 THEN NULL ELSE i % 3 + 1 END, i / 4.0, 9007199254740990 + i, NULL, NULL,
      'https://museum.example/' || i, 'Größe ' || char(10) || i, CASE WHEN i % 50 = 0 THEN x'00ff10' END
    FROM n;
  CREATE VIRTUAL TABLE objects_fts USING fts5(title, notes, content="objects", content_rowid="id");
  INSERT INTO objects_fts(objects_fts) VALUES ('rebuild');
  CREATE TABLE loans (object_id INTEGER REFERENCES objects(id), lender TEXT, since TEXT, PRIMARY KEY (lender, object_id));
  INSERT INTO loans VALUES (1, 'City / Hall', '2020'), (2, 'City / Hall', '2021'), (1, 'a~b.c', '2022'), (7, '', NULL);
  CREATE TABLE visits (day TEXT, people INTEGER);
  INSERT INTO visits VALUES ('2024-01-01', 10), ('2024-01-02', 12), (NULL, 3), ('2024-01-02', -4);
  CREATE VIEW heavy AS SELECT id, title, weight * 2 AS twice FROM objects WHERE weight > 50;
  CREATE TABLE "odd / name.x" ("a b" TEXT PRIMARY KEY, "select" INTEGER, "ü" REAL);
  INSERT INTO "odd / name.x" VALUES ('x/y', 1, 1.0), ('~', 2, 1e300), ('a,b', 3, -0.5);
`

interface Case {
  readonly config: string
  readonly databases: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  readonly paths: readonly string[]
}

const OBJECTS = '/museum/objects.json?_shape=arrayfirst&_nofacet=1&_size=max'

const CASES: Readonly<Record<string, Case>> = {
  'a museum with datasette-files': {
    config: 'files-plugin.yaml',
    databases: { museum: MUSEUM },
    paths: [
      '/.json',
      '/museum.json',
      '/museum/objects.json',
      '/museum/objects.json?_extra=count,columns,all_columns,primary_keys,column_details,database,table,is_view,private,database_color',
      '/museum/objects.json?_sort=title&_size=5&_shape=arrays',
      '/museum/objects.json?_sort_desc=weight&_size=3&_next=50.0,200',
      '/museum/objects.json?_sort=acquired&_size=3&_next=$null,90',
      '/museum/objects.json?_sort=id&_size=2&_shape=array',
      '/museum/objects.json?_sort=id&_size=2&_shape=array&_nl=on',
      '/museum/objects.json?_sort=id&_size=2&_shape=arrayfirst',
      '/museum/objects.json?_sort=id&_size=2&_shape=object',
      '/museum/objects.json?_sort=id&_size=max&_col=title&_col=accession&_col=seal',
      '/museum/objects.json?_sort=id&_size=2&_nocol=title',
      '/museum/objects.json?_sort=id&_size=2&_labels=on',
      '/museum/objects.json?_sort=id&_size=12&_label=maker_id&_col=maker_id',
      '/museum/objects.json?_sort=id&_size=0&_extra=count',
      '/museum/objects.json?_sort=id&_size=2&_extra=count&_nocount=1',
      ...[
        'id=5',
        'title=Object+7',
        'title__exact=Object+7',
        'title__not=Object+7',
        'title__contains=4',
        'title__notcontains=4',
        'title__endswith=9',
        'title__startswith=object+1',
        'weight__gt=60',
        'weight__gte=60.25',
        'weight__lt=1',
        'weight__lte=1',
        'accession__gt=9007199254741200',
        'accession=9007199254740993',
        'title__like=object+_',
        'title__notlike=object+_',
        'title__glob=Object+*1',
        'id__in=1,2,+3',
        'id__in=["5",6]',
        'department__in=Glass,Ceramics',
        'id__notin=1,2,3',
        'materials__arraycontains=2',
        'materials__arraynotcontains=2',
        'acquired__date=2000-01-09',
        'acquired__isnull=1',
        'acquired__notnull=1',
        'department__isblank=1',
        'department__notblank=1',
        'title__contains=1&weight__gt=3&id__lt=100',
        '_search=object',
        '_search="object+7"',
        '_search=7',
        '_search_title=7',
        '_search=7+OR+14&_searchmode=raw',
        '_where=id<4',
        'title__unknown=1',
        '_unknown=1',
      ].map((query) => `${OBJECTS}&_sort=id&${query}`),
      `/museum/objects.json?_sort=id&_size=1&_extra=human_description_en&title__contains=1&id__gt=5`,
      '/museum/objects.json?_shape=round',
      '/museum/objects.json?_sort=nothing',
      '/museum/objects.json?_sort=id&_sort_desc=id',
      '/museum/objects.json?_size=1001',
      '/museum/objects.json?_size=x',
      '/museum/objects.json?_col=nothing',
      '/museum/objects.json?_nocol=id',
      '/museum/objects.json?_extra=nothing',
      '/museum/objects.json?_where=nothing',
      '/museum/objects/1.json',
      '/museum/objects/1.json?_extra=columns,primary_keys,database,table,column_details,foreign_key_tables',
      '/museum/objects/1.json?_shape=arrays',
      '/museum/makers/1.json?_extra=foreign_key_tables',
      '/museum/objects/9999.json',
      '/museum/objects/1,2.json',
      '/museum/loans.json',
      '/museum/loans.json?_size=2',
      '/museum/loans.json?_size=2&_next=a~7Eb~2Ec,1',
      '/museum/loans.json?_labels=on',
      '/museum/loans.json?_shape=object',
      '/museum/loans/City+~2F+Hall,2.json',
      '/museum/loans/a~7Eb~2Ec,1.json',
      '/museum/loans/,7.json',
      '/museum/visits.json',
      '/museum/visits.json?_size=2',
      '/museum/visits.json?_size=2&_next=2',
      '/museum/visits.json?rowid=3',
      '/museum/visits.json?_sort_desc=people',
      '/museum/visits/2.json',
      '/museum/visits.json?_shape=object',
      '/museum/heavy.json?_size=3',
      '/museum/heavy.json?_size=3&_next=3',
      '/museum/heavy.json?_sort_desc=twice&_size=2',
      '/museum/heavy.json?_extra=count,is_view,primary_keys,columns,column_details',
      '/museum/objects_fts.json?_size=1&_col=title',
      '/museum/odd+~2F+name~2Ex.json',
      '/museum/odd+~2F+name~2Ex/x~2Fy.json',
      '/museum/odd+~2F+name~2Ex/~7E.json',
      '/museum/odd+~2F+name~2Ex/a~2Cb.json',
      '/museum/odd+~2F+name~2Ex.json?a+b=~',
      '/museum/nothing.json',
      '/nothing.json',
      '/nothing/table.json',
      '/museum/nothing/1.json',
    ],
  },
  'permissions of every form': {
    config: 'permissions.yaml',
    databases: {
      public: `CREATE TABLE readings (id INTEGER PRIMARY KEY, value REAL, sensor INTEGER REFERENCES drafts(id));
        INSERT INTO readings VALUES (1, 1.5, 1), (2, NULL, 2);
        CREATE TABLE drafts (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO drafts VALUES (1, 'secret'), (2, 'secret too');`,
      staff: `CREATE TABLE announcements (id INTEGER PRIMARY KEY, text TEXT); INSERT INTO announcements VALUES (1, 'Hello');
        CREATE TABLE salaries (id INTEGER PRIMARY KEY, pay INTEGER); INSERT INTO salaries VALUES (1, 5);
        CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO people VALUES (1, 'Ida');`,
    },
    paths: [
      '/.json',
      '/public.json',
      '/public/readings.json?_labels=on&_extra=private',
      '/public/readings.json?_where=id=1',
      '/public/readings/1.json',
      '/public/drafts.json',
      '/public/drafts/1.json',
      '/staff.json',
      '/staff/announcements.json?_extra=private',
      '/staff/announcements/1.json',
      '/staff/salaries.json',
      '/staff/people.json',
    ],
  },
  metadata: {
    config: 'metadata.yaml',
    databases: {
      town: `CREATE TABLE trees (id INTEGER PRIMARY KEY, species TEXT, height REAL, girth INTEGER, planted TEXT);
        INSERT INTO trees WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 90)
          SELECT i, 'Species ' || (i % 7), i * 0.5, i % 11, '19' || (10 + i) FROM n;
        CREATE VIRTUAL TABLE trees_fts USING fts5(species);
        INSERT INTO trees_fts(rowid, species) SELECT id, species FROM trees;
        CREATE TABLE minutes (id INTEGER PRIMARY KEY, subject TEXT, held_on TEXT, text TEXT);
        INSERT INTO minutes VALUES (1, 'Budget', '2024-03-01', 'red and blue'), (2, 'Trees', '2024-01-01', 'blue'), (3, 'Roads', NULL, 'green');
        CREATE VIRTUAL TABLE minutes_fts USING fts5(subject, text);
        INSERT INTO minutes_fts(rowid, subject, text) SELECT id, subject, text FROM minutes;
        CREATE TABLE "no" ("1.10" TEXT, id INTEGER PRIMARY KEY); INSERT INTO "no" VALUES ('x', 1);
        CREATE TABLE answers (id INTEGER PRIMARY KEY, no_id INTEGER REFERENCES "no"(id), minutes_id INTEGER REFERENCES minutes);
        INSERT INTO answers VALUES (1, 1, 2), (2, 1, 99), (3, NULL, 1);
        CREATE TABLE "2024 report" (a, b); INSERT INTO "2024 report" VALUES (1, 'x'), (2.5, NULL);`,
    },
    paths: [
      '/.json',
      '/town.json',
      '/town/trees.json',
      '/town/trees.json?_extra=metadata,count,human_description_en&_sort_desc=height',
      '/town/trees.json?_sort=girth',
      '/town/trees.json?_search=species',
      '/town/trees_fts.json?_search=species&_size=3&_col=species',
      '/town/minutes.json',
      '/town/minutes.json?_size=2',
      '/town/minutes.json?_search=blue+OR+green',
      '/town/minutes.json?_search=text:blue&_searchmode=raw',
      '/town/minutes.json?_search=text:blue&_searchmode=escaped',
      '/town/no.json?_extra=column_details',
      '/town/answers.json?_labels=on',
      '/town/2024+report.json',
      '/town/2024+report.json?_size=1',
    ],
  },
  'values from the environment': {
    config: 'environment.yaml',
    databases: {
      notes: `CREATE TABLE pages (slug TEXT PRIMARY KEY, title TEXT UNIQUE, parent TEXT REFERENCES pages(slug), scan TEXT);
        INSERT INTO pages VALUES ('home', 'Home', NULL, NULL), ('a/b', 'A over B', 'home', NULL), ('x.json', 'Dots', 'a/b', 'df-01jq');
        CREATE TABLE settings (key TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID;
        INSERT INTO settings VALUES ('one', 1), ('two', 'zwei'), ('half', 0.5), ('blob', x'01');`,
    },
    env: { UPLOADS_ROOT: 'uploads', GITHUB_CLIENT_ID: 'id', GITHUB_CLIENT_SECRET: 'secret' },
    paths: [
      '/.json',
      '/notes.json',
      '/notes/pages.json',
      '/notes/pages.json?_labels=on&_sort_desc=title',
      '/notes/pages.json?_shape=object',
      '/notes/pages/a~2Fb.json?_extra=foreign_key_tables',
      '/notes/pages/x~2Ejson.json',
      '/notes/settings.json',
      '/notes/settings.json?_size=2&_sort=value',
      '/notes/settings.json?_shape=arrays&_next=one',
      '/notes/settings/two.json',
    ],
  },
  'booleans as text': {
    config: 'string-booleans.yaml',
    databases: {
      shop: `CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT, photo TEXT, gallery TEXT, manual TEXT);
        INSERT INTO products WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 45) SELECT i, 'P' || i, NULL, NULL, NULL FROM n;
        CREATE TABLE stock (product_id INTEGER REFERENCES products(id), place TEXT, amount INTEGER);
        INSERT INTO stock VALUES (1, 'A', 5), (2, 'B', 6);
        CREATE TABLE places (code TEXT, name TEXT); INSERT INTO places VALUES ('A', 'Cellar');`,
    },
    paths: [
      '/.json',
      '/shop.json',
      '/shop/products.json',
      '/shop/products.json?_size=max&_shape=arrayfirst',
      '/shop/products/1.json',
      '/shop/stock.json',
      '/shop/places.json',
      '/shop/places.json?_where=1=1',
    ],
  },
}

describe('the same configuration, served by Datasette and by Holdall', {
  skip: DATASETTE ? false : 'HOLDALL_TEST_DATASETTE is not set',
}, () => {
  for (const [name, entry] of Object.entries(CASES)) {
    describe(name, () => {
      let directory: string
      let theirs: RunningDatasette
      let ours: RunningHoldall

      before(async () => {
        directory = mkdtempSync(join(tmpdir(), 'holdall-compat-'))
        // Datasette takes relative paths from where it was started.
        const cwd = join(directory, 'site')
        cpSync(FIXTURES, cwd, { recursive: true })
        const databases = Object.entries(entry.databases).map(([database, sql]) => {
          const path = join(directory, `${database}.db`)
          const made = new DatabaseSync(path, { enableForeignKeyConstraints: false })
          made.exec(sql)
          made.close()
          return path
        })
        const config = join(cwd, entry.config)
        theirs = await startDatasette({ databases, config, cwd, env: entry.env ?? {} })
        ours = await startHoldall({ databases, config, env: entry.env ?? {} })
      })
      after(async () => {
        await Promise.all([theirs?.stop(), ours?.stop()])
        rmSync(directory, { recursive: true, force: true })
      })

      for (const path of entry.paths) {
        it(path, async () => {
          const [expected, actual] = await Promise.all([askCounted(theirs.url, path), ask(ours.url, path)])
          assert.deepEqual(actual, expected)
        })
      }
    })
  }
})

const MAX_COUNT_ATTEMPTS = 25

interface Answer {
  status: number
  type: string
  link: string | null
  body: unknown
}

async function ask(url: string, path: string): Promise<Answer> {
  const response = await fetch(url + path, { redirect: 'manual' })
  const text = await response.text()
  const type = (response.headers.get('Content-Type') ?? '').split(';')[0] as string
  const link = response.headers.get('Link')?.replace(ORIGIN, '') ?? null
  const body: unknown = type === 'application/json' ? JSON.parse(text.replace(ORIGIN, ''), exactly) : lines(text)
  return normalise({ status: response.status, type, link, body })
}

/** Datasette gives the counts of its start page 10 ms and leaves them out when the machine was busy: asked again then. */
async function askCounted(url: string, path: string): Promise<Answer> {
  for (let attempt = 0; ; attempt += 1) {
    const answer = await ask(url, path)
    const left = JSON.stringify(answer.body).includes('"show_table_row_counts":false')
    if (!left || attempt === MAX_COUNT_ATTEMPTS) return answer
    await sleep(200)
  }
}

/** The scheme stays: it is what `force_https_urls` is about. */
const ORIGIN = /(?<=https?:\/\/)127\.0\.0\.1:\d+/g

/** Integers past 2^53 are compared as they are written. */
function exactly(_key: string, value: unknown, context?: { source?: string }): unknown {
  return typeof value === 'number' && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? '')
    ? context?.source
    : value
}

function lines(text: string): unknown[] {
  return text.split('\n').map((line) => JSON.parse(line))
}

type Json = Record<string, unknown>

/** Every difference that is meant, with its reason. What is not named here has to be equal. */
function normalise(answer: Answer): Answer {
  // The order of parameters in an address means nothing, nor does a slash that is written as it is.
  // Where a column has no type, a cursor of ours says what its value is (`$i1`): Datasette's text compares with no number.
  if (answer.link !== null) answer.link = sortedQuery(answer.link)
  const { body } = answer
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return answer
  const json = body as Json
  if (typeof json.next_url === 'string') json.next_url = sortedQuery(json.next_url)
  if (typeof json.next === 'string') json.next = json.next.replace(/^\$[if]/, '')
  for (const linked of (json.foreign_key_tables ?? []) as { link: string }[]) linked.link = sortedQuery(linked.link)

  // Ours has a stable code beside each error.
  delete json.code
  if (json.ok === false) {
    // Whoever has not signed in gets 401, with the offer to; Datasette says 403.
    if (answer.status === 401) answer.status = 403
    json.status = answer.status
    // Messages are for people, and ours say what to do; those that clients are known to match are kept.
    if (answer.status === 403 || !SAME_MESSAGE.test(String(json.error))) json.error = json.errors = 'a message'
    // Datasette names a next page even for rows that it refuses to write.
    answer.link = null
  }
  // A measured time.
  delete json.query_ms
  // The wording of a warning.
  delete json.unstable
  // Stored queries are not served.
  for (const key of ['queries', 'queries_more', 'queries_count']) delete json[key]
  // Datasette reads titles and descriptions from a file of their own, and none from datasette.yaml.
  delete json.metadata
  // In the order of the columns instead of their names: it is for completion in an editor.
  const columns = json.table_columns as Record<string, string[]> | undefined
  for (const names of Object.values(columns ?? {})) names.sort()
  // Datasette names tables that the actor may not see.
  const tables = json.tables as { name: string; foreign_keys: Record<string, { other_table: string }[]> }[] | undefined
  const visible = new Set(tables?.map(({ name }) => name))
  for (const { foreign_keys } of tables ?? []) {
    for (const [direction, keys] of Object.entries(foreign_keys)) {
      foreign_keys[direction] = keys.filter(({ other_table }) => visible.has(other_table))
    }
  }
  return answer
}

const SAME_MESSAGE =
  /^(?:Cannot sort|Cannot use|_size must|_col=|_nocol=|Unknown _extra|Invalid _shape|_shape=object|Table not found|Database not found|URL row)/

function sortedQuery(url: string): string {
  const [address, query = ''] = url.split('?')
  const end = query.indexOf('>')
  const text = end < 0 ? query : query.slice(0, end)
  const parameters = new URLSearchParams(text.replace(/(?<=_next=)%24[if]/, ''))
  parameters.sort()
  return `${address}?${parameters}${end < 0 ? '' : query.slice(end)}`
}
