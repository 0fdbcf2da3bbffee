import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elementsStylesheet, namesIn, scopeStyles } from './elements-css.ts'

const drawn = namesIn('<button class="button filled"><ul class="toast"><svg class="spinner">')

function scoped(css: string, own = ''): string {
  return scopeStyles(css, own, drawn).replace(/\s+/g, ' ')
}

/** What stands within the components' own rule. */
function inside(css: string): string {
  return /:not\(\*\)\) \{ ?(.*)\} $/.exec(scoped(css))?.[1] ?? ''
}

test('rules of what components draw are kept, within them', () => {
  assert.equal(
    inside('.button { color: red; &:hover { color: blue } }'),
    '.button { color: red; &:hover { color: blue } } ',
  )
  assert.equal(inside('.button, .sidebar, h1 { color: red }'), '.button { color: red } ')
  assert.equal(inside('.sidebar .button { color: red }'), '')
  assert.equal(inside('.button:not(.sidebar) { color: red }'), '.button:not(.sidebar) { color: red } ')
  assert.equal(
    inside('@media print { .button { color: red } .sidebar { color: red } }'),
    '@media print { .button { color: red } } ',
  )
  assert.equal(inside('@media print { .sidebar { color: red } }'), '')
})

test('a component itself is named beside what is in it, and what is around it may tell of files that are dragged', () => {
  assert.equal(inside('file-cell[held] .button { color: red }'), 'file-cell&[held] .button { color: red } ')
  assert.equal(
    inside('html[data-files-dragged] file-cell:not([held], [uninviting]) .button { color: red }'),
    'html[data-files-dragged] file-cell&:not([held], [uninviting]) .button { color: red } ',
  )
  assert.equal(inside('table.wide file-cell .button { color: red }'), '')
  assert.equal(inside('.toasts { color: red }'), '.toasts& { color: red } ')
  assert.equal(inside('[hidden] { color: red }'), '[hidden]:is(&, & *) { color: red } ')
})

test('how a component lies in a page is the page’s to change: such rules weigh nothing', () => {
  assert.match(scoped('file-upload { display: block }'), /^:where\(file-upload\) \{ display: block \}/)
})

test('tokens stand on the components, and light or dark comes from the page', () => {
  const css = scoped(':root { color-scheme: light dark; --a: 1rem } :root[data-theme="dark"] { color-scheme: dark }')
  assert.match(css, /^:where\(file-upload, [^{]*\{ --a: calc\(1 \* var\(--rem\)\) \} :is\(/)
  assert.doesNotMatch(css, /color-scheme|data-theme/)
})

test('animations have names of their own', () => {
  const css = scoped('.spinner { animation: turn 1s } @keyframes turn { to { rotate: 1turn } }')
  assert.match(css, /@keyframes holdall-turn \{ to \{ rotate: 1turn \} \}/)
  assert.match(css, /\.spinner \{ animation: holdall-turn 1s \}/)
})

test('the stylesheet has what each component draws, and nothing of our pages', async () => {
  const { body, etag } = await elementsStylesheet()
  const css = new TextDecoder().decode(body)
  for (const part of ['.drop-area', '.upload-queue', '.file-vacant', '.picker', '.toast', '.matcher-foot', 'dialog'])
    assert(css.includes(`\n${part} {`), part)
  for (const part of ['site-header', 'save-bar', ':root', 'breadcrumb', '.pager', 'color-scheme'])
    assert(!css.includes(part), part)
  assert.doesNotMatch(css, /(?<!holdall-)\b(?:turn|rise|settle) (?:\{|var|\d)/)
  assert.match(etag, /^"[\w-]{16}"$/)
})
