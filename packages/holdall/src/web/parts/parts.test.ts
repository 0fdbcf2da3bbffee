import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Html, html } from '../html.ts'
import { createUrls } from '../url.ts'
import { attributes } from './attributes.ts'
import { linkButton } from './button.ts'
import { facts } from './facts.ts'
import { errorSummary, field, fieldId } from './field.ts'
import { type CellItem, fileCell, fileStrip, type ShownFile } from './file.ts'
import { fileColumnCell, fileField } from './file-elements.ts'
import { textArea, textInput } from './inputs.ts'
import { menu } from './menu.ts'
import { dataTable } from './table.ts'

const NASTY = `"><img src=x onerror=alert(1)>'&`
const urls = createUrls('/data')

async function text(part: Html): Promise<string> {
  return String(await part)
}

function shown(filename: string, thumbnail: string | null = '/t'): ShownFile {
  return {
    id: 'df-1',
    filename,
    contentType: 'image/jpeg',
    size: 6_400_000,
    width: 5472,
    height: 3648,
    href: '/f',
    thumbnail,
  }
}

const RULES = { column: 'photo', source: 'photos', accept: 'image/*', maxSize: 10, multiple: false } as const

describe('parts', () => {
  test('names and values from strangers stay text', async () => {
    const item: CellItem = { state: 'file', file: shown(NASTY) }
    const parts: Html[] = [
      fileCell(item),
      fileStrip([item], '/row'),
      fileColumnCell({
        ...RULES,
        column: NASTY,
        urls,
        items: [item],
        ids: [NASTY],
        rowHref: '/row',
        rowLabel: NASTY,
        editable: true,
      }),
      fileColumnCell({
        ...RULES,
        column: NASTY,
        urls,
        items: [],
        ids: [],
        rowHref: '/row',
        rowLabel: NASTY,
        editable: true,
      }),
      fileField({ ...RULES, urls, name: NASTY, files: [shown(NASTY)], value: NASTY, pickable: true, labelledBy: 'x' }),
      textInput({ name: NASTY, value: NASTY }),
      textArea({ name: NASTY, value: `</textarea>${NASTY}` }),
      errorSummary(NASTY, [{ field: NASTY, message: NASTY }]),
      facts([[NASTY, NASTY]]),
      dataTable({
        caption: NASTY,
        columns: [{ label: NASTY, kind: 'key', type: NASTY }],
        rows: [{ cells: [NASTY], edit: { href: '/', label: NASTY } }],
      }),
      menu({ label: NASTY, groups: [[{ label: NASTY, href: `javascript:${NASTY}` }]] }),
    ]
    for (const part of parts) {
      const written = await text(part)
      assert.doesNotMatch(written, /<img src=x/)
      assert.doesNotMatch(written, /javascript:/)
      assert.doesNotMatch(written, /<\/textarea>"/)
    }
  })

  test('a link never leads to a script', async () => {
    assert.match(await text(linkButton({ label: 'x', href: 'java\nscript:alert(1)' })), /href="#"/)
  })

  test('attributes: true is bare, null is absent, names are checked', async () => {
    assert.equal(await text(attributes({ disabled: true, hidden: false, id: null, value: '' })), ' disabled value=""')
    assert.throws(() => attributes({ 'a b': 1 }), TypeError)
  })

  test('a field ties label, hint and error to its control, and the summary leads to it', async () => {
    const written = await text(
      field({
        name: 'year made',
        hint: 'A year.',
        error: 'Wrong.',
        control: (tied) => textInput({ ...tied, name: 'year made' }),
      }),
    )
    const id = fieldId('year made')
    assert.match(id, /^\S+$/)
    assert.ok(written.includes(`<label class="field-label" for="${id}">`))
    assert.ok(written.includes(`aria-describedby="${id}-hint ${id}-error"`))
    assert.match(written, /aria-invalid="true"/)
    assert.ok(
      (await text(errorSummary('Not saved', [{ field: 'year made', message: 'Wrong.' }]))).includes(`href="#${id}"`),
    )
  })

  test('a first line break of a long text survives', async () => {
    assert.match(
      await text(textArea({ name: 'a', value: '\nsecond line' })),
      /<textarea[^>]*>\n\nsecond line<\/textarea>/,
    )
  })

  test('an unavailable file tells nothing', async () => {
    const written = await text(
      fileColumnCell({
        ...RULES,
        urls,
        items: [{ state: 'unavailable' }],
        ids: ['df-secret'],
        rowHref: '/row',
        rowLabel: '1',
        editable: false,
      }),
    )
    assert.doesNotMatch(written, /df-secret|<a /)
  })

  test('without the right to change the row a cell is no component and an empty one has no slot', async () => {
    const written = await text(
      fileColumnCell({ ...RULES, urls, items: [], ids: [], rowHref: '/row', rowLabel: '1', editable: false }),
    )
    assert.equal(written, '<span class="null">No file</span>')
  })

  test('a strip shows three and counts the rest', async () => {
    const items: CellItem[] = Array.from({ length: 7 }, () => ({ state: 'file', file: shown('a.jpg') }))
    const written = await text(fileStrip(items, '/row'))
    assert.equal(written.match(/<img/g)?.length, 3)
    assert.match(written, /\+4 more/)
    assert.doesNotMatch(await text(fileStrip(items.slice(0, 3), '/row')), /more/)
  })

  test('a menu without items is nothing, and so is a fact without a value', async () => {
    assert.equal(await text(menu({ label: 'Actions', groups: [[], []] })), '')
    assert.equal(await text(facts([['Artist', null]])), '<dl class="facts"></dl>')
  })

  test('the files of a field cannot end the script that carries them', async () => {
    const written = await text(
      fileField({
        ...RULES,
        urls,
        name: 'photo',
        files: [shown('</script><b>.jpg')],
        value: 'df-1',
        pickable: false,
        labelledBy: 'x',
      }),
    )
    assert.equal(written.match(/<\/script>/g)?.length, 1)
    assert.ok(written.includes(String(html`base="/data/"`)))
  })
})
