import assert from 'node:assert/strict'
import { test } from 'node:test'
import { html, jsonScript, safeUrl } from './html.ts'
import { fc } from './test-chance.ts'

test('values are escaped in text and attributes', async () => {
  assert.equal(
    String(await html`<a title="${'"><script>'}">${'<b>'}</a>`),
    '<a title="&quot;&gt;&lt;script&gt;">&lt;b&gt;</a>',
  )
})

test('addresses that would run a script become #', () => {
  for (const bad of [
    'javascript:alert(1)',
    ' JaVa\nScript:alert(1)',
    '\u0001javascript:1',
    'data:text/html,x',
    'vbscript:x',
  ]) {
    assert.equal(safeUrl(bad), '#', bad)
  }
  for (const good of ['/a:b', 'https://example.org/', 'mailto:a@example.org', '?a=b:c', '#x', 'table/~3A']) {
    assert.equal(safeUrl(good), good)
  }
})

test('JSON in a page cannot end its element and stays the same value', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const text = String(await jsonScript({ value, bad: '</script><!--' }))
      const json = text.replace(/^<script type="application\/json">/, '').replace(/<\/script>$/, '')
      assert.ok(!json.includes('<'))
      assert.deepEqual(JSON.parse(json).value, JSON.parse(JSON.stringify(value)))
    }),
  )
})
