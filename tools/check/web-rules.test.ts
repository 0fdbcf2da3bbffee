import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseSource } from './source.ts'
import { webFindings } from './web-rules.ts'

const PAGE = 'packages/holdall/src/files/pages.ts'

function check(text: string, path = PAGE): string[] {
  return webFindings(parseSource(path, text)).map(({ message }) => message)
}

function page(markup: string): string[] {
  return check(`const page = html\`${markup}\``)
}

for (const markup of [
  '<a href="${urls.file(id)}">${name}</a>',
  '<a href="${page.urls.table(a, b)}?sort=${sort}">${name}</a>',
  '<a href="${urls.base}/-/files">Files</a>',
  '<a href="${safeUrl(link)}" title="${name}">${name}</a>',
  '<a href="${next ? urls.path(next) : safeUrl(other)}">Next</a>',
  '<a href="#row-${id}">${name}</a><a href="?_next=${next}">Next</a>',
  '<a href="https://example.org/${name}">${name}</a>',
  '<!-- ${name} --><p ${attributes}>${a} src=${b}</p>',
  '<script type="module" src="${urls.path(script)}"></script>${jsonScript(data)}',
  '<style>.a { width: ${width}px }</style>',
]) {
  test(`allowed: ${markup}`, () => assert.deepEqual(page(markup), []))
}

for (const [markup, expected] of [
  ['<a href="${link}">x</a>', /address in href must come from safeUrl/],
  ["<a HREF='${link}'>x</a>", /address in href must come from safeUrl/],
  ['<img alt="${a > b}" src="${row.url}">', /address in src must come from safeUrl/],
  ['<form action="${ok ? urls.file(id) : link}">', /address in action/],
  ['<button formaction="${encodeURI(link)}">', /address in formaction/],
  ['<a href="/-/files/${id}">x</a>', /with web\/url\.ts, so that it carries base_url/],
  ['href="${link}"', /address in href must come from safeUrl/],
  ['<p class=${name}>', /Quote the value of class/],
  ['<p class=a-${name}>', /Quote the value of class/],
  ['<p onclick="go()">', /on… attribute is an inline script/],
  ['<p onclick="${go}">', /on… attribute is an inline script/],
  ['<script>start()</script>', /Inline scripts are refused/],
  ['<script type="application/json">${JSON.stringify(data)}</script>', /through jsonScript/],
] as const) {
  test(`refused: ${markup}`, () => {
    const found = page(markup)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] as string, expected)
  })
}

for (const [text, expected] of [
  [`import { html } from 'hono/html'`, /web\/html\.ts/],
  [`import { raw as plain } from '../web/html.ts'`, /raw switches escaping off/],
  [`import { unsafeHTML } from 'lit/directives/unsafe-html.js'`, /unsafeHTML switches escaping off/],
  [`import { raw } from 'hono/utils/html'`, /raw switches escaping off/],
  [`import * as unescaped from 'hono/utils/html'`, /hono\/utils\/html switches escaping off/],
  [`export { raw } from '../web/html.ts'`, /raw switches escaping off/],
  ['element.innerHTML = text', /innerHTML writes unescaped markup/],
  [`element['outerHTML'] = text`, /outerHTML writes unescaped markup/],
  [`element.insertAdjacentHTML('beforeend', text)`, /insertAdjacentHTML\(\) writes/],
  ['document.write(text)', /write\(\) writes unescaped markup/],
  ['await fetch(url)', /bare fetch/],
  ['await globalThis.fetch(url)', /Requests to other servers go through web\/outgoing/],
  ['const probe = (fetch = globalThis.fetch) => fetch(url)', /go through web\/outgoing/],
  [`const ask = globalThis['fetch']`, /go through web\/outgoing/],
  [`import { fetch } from 'undici'\nawait fetch(url)`, /go through web\/outgoing/],
  [`import * as undici from 'undici'`, /go through web\/outgoing/],
  [`const { request } = await import('undici')`, /go through web\/outgoing/],
  [`import { createServer, request } from 'node:http'`, /go through web\/outgoing/],
  [`import https from 'https'`, /go through web\/outgoing/],
  [`import { connect } from 'node:tls'`, /go through web\/outgoing/],
] as const) {
  test(`refused: ${text}`, () => {
    const found = check(text)
    assert.equal(found.length, 1, found.join('\n'))
    assert.match(found[0] as string, expected)
  })
}

test('a fetch that is handed in may be called', () => {
  for (const text of [
    'async function probe({ fetch }) { await fetch(url) }',
    'await options.fetch(url)',
    `import { createServer, type Agent } from 'node:http'\nimport type { Socket } from 'node:net'`,
    `import type { Agent } from 'undici'`,
  ]) {
    assert.deepEqual(check(text), [], text)
  }
  assert.deepEqual(check('const probe = (fetch = globalThis.fetch) => fetch(url)', 'packages/elements/src/a.ts'), [])
})

test('the guard itself makes requests', () => {
  assert.deepEqual(
    check(`const { request } = await import('undici')`, 'packages/holdall/src/web/outgoing/fetch.ts'),
    [],
  )
})

test('the client is where requests are made, and tests may make them', () => {
  assert.deepEqual(check('await fetch(url)', 'packages/client/src/send.ts'), [])
  assert.deepEqual(check('await fetch(url)', 'packages/holdall/src/app/server.test.ts'), [])
  assert.equal(check('await fetch(url)', 'packages/elements/src/upload.ts').length, 1)
})

test('components may leave bindings unquoted, but not their addresses unchecked', () => {
  const element = 'packages/elements/src/cell.ts'
  assert.deepEqual(check('html`<a class=${name} @click=${open} .href=${safeUrl(link)}>x</a>`', element), [])
  assert.equal(check('html`<a href=${link}>x</a>`', element).length, 1)
})

test('the one file that may escape by hand', () => {
  assert.deepEqual(
    check(`import { html, raw } from 'hono/html'\nconst a = raw(b)`, 'packages/holdall/src/web/html.ts'),
    [],
  )
})
