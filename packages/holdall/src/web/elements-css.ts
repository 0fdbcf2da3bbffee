import { readFileSync } from 'node:fs'
import { type Asset, makeAsset, STYLESHEETS } from './assets.ts'
import { elementsBundle } from './elements-bundle.ts'

/** The components, as they are written on a page. */
const ELEMENTS = 'file-upload, file-picker, file-column-input, file-cell, file-matcher, parquet-upload'
/** With what they put at the end of a page: messages, and words that are only spoken. */
const ROOTS = `${ELEMENTS}, .toasts[data-toasts], .unseen[data-announcer]`
/** It matches nothing, and lends every rule more weight than a page's own rules have, all of them the same. */
const WEIGHT = '#holdall#holdall#holdall:not(*)'
/** Where tokens stand: not again in a component within another, so that a theme of the outer one reaches it. */
const THEMED = `:where(${ROOTS}):where(:not(:where(${ROOTS}) *))`
/** Nothing in them is drawn by a component, and their words are common. */
const OF_PAGES: readonly string[] = ['chips.css', 'tables.css']
/** What may stand around a component and change its look. */
const AROUND = /^(?:html\[data-files-dragged\]|tr:is\([^)]*\)|tr) $/
/** Rules that hold for the roots too, beside what is within them. */
const ALSO_ROOTS: readonly string[] = ['[hidden]', '.unseen']
/** A script speaks of them and does not draw them. */
const PAGE_ITSELF = /^(?::root|html|body|main|table|tr|td|th)\b/
const ROOT_IN_SELECTOR = new RegExp(`(^|\\s)(${ELEMENTS.replaceAll(', ', '|')}|\\.toasts)(?![\\w-])`)
const NAMED = 'holdall-'

interface Block {
  readonly prelude: string
  readonly body: string
}

let made: Promise<Asset> | undefined

/**
 * The look of the components alone, for pages that are not ours: the same rules, held to the components, with the
 * tokens on them instead of on the page, and with what keeps a page's own rules out. Made on the first call.
 */
export function elementsStylesheet(): Promise<Asset> {
  made ??= make().catch((error: unknown) => {
    made = undefined
    throw error
  })
  return made
}

async function make(): Promise<Asset> {
  const drawn = namesIn(new TextDecoder().decode((await elementsBundle('components')).body))
  const css = STYLESHEETS.filter((name) => !OF_PAGES.includes(name))
    .map(readAsset)
    .join('\n')
  return makeAsset(new TextEncoder().encode(scopeStyles(css, readAsset('any-page/elements.css'), drawn)))
}

function readAsset(name: string): string {
  return readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8')
}

/** Every word of a script: a class or an element that is none of them cannot be drawn by it. */
export function namesIn(script: string): ReadonlySet<string> {
  return new Set(script.match(/[a-z][\w-]*/gi))
}

/**
 * @param css the pages' rules
 * @param own what holds only on other pages; `&` is a component
 * @param drawn names of classes and elements that the components draw
 */
export function scopeStyles(css: string, own: string, drawn: ReadonlySet<string>): string {
  const outside: string[] = []
  const keyframes = [...css.matchAll(/@keyframes ([\w-]+)/g)].map(([, name]) => name)
  const animation = new RegExp(`(animation(?:-name)?:\\s*)(${keyframes.join('|')})\\b`, 'g')

  function within(blocks: readonly Block[], media: string): string {
    return blocks.map((block) => one(block, media)).join('')
  }

  function outer(media: string, text: string): string {
    outside.push(media === '' ? text : `${media} {\n${text}}\n`)
    return ''
  }

  /** What becomes of a rule within the components; what must stand elsewhere goes there. */
  function one({ prelude, body }: Block, media: string): string {
    if (prelude.startsWith('@keyframes ')) {
      return outer('', `@keyframes ${NAMED}${prelude.slice('@keyframes '.length)} {${body}}\n`)
    }
    if (prelude.startsWith('@')) {
      const inner = within(blocksOf(body), prelude)
      return inner === '' ? '' : `${prelude} {\n${inner}}\n`
    }
    // Light or dark is the page's choice.
    if (prelude === ':root') return outer(media, `${THEMED} {${body.replace(/\s*color-scheme:[^;]*;?/, '')}}\n`)
    if (ELEMENTS.split(', ').includes(prelude)) return outer(media, `:where(${prelude}) {${body}}\n`)
    const selectors = splitList(prelude).flatMap((selector) => scopeSelector(selector, drawn))
    return selectors.length === 0 ? '' : `${selectors.join(',\n')} {${body.replace(animation, `$1${NAMED}$2`)}}\n`
  }

  const ownInside = within(blocksOf(own), '')
  const ownOutside = outside.splice(0)
  const inside = ownInside + within(blocksOf(css), '')
  const whole = `${[...outside, ...ownOutside].join('')}:is(${ROOTS}, ${WEIGHT}) {\n${inside}}\n`
  // A page may have another size of its root for its own reasons.
  return whole.replace(/(?<!--rem: |[\w.-])(\d*\.?\d+)rem\b/g, 'calc($1 * var(--rem))')
}

/** A selector as it stands within the components; none for what the components do not draw. */
function scopeSelector(selector: string, drawn: ReadonlySet<string>): string[] {
  if (selector.includes('&')) return [selector]
  if (ALSO_ROOTS.includes(selector)) return [`${selector}:is(&, & *)`]
  const root = ROOT_IN_SELECTOR.exec(withoutArguments(selector)) && ROOT_IN_SELECTOR.exec(selector)
  if (root) {
    const around = selector.slice(0, root.index + (root[1] ?? '').length)
    if (around !== '' && !AROUND.test(around)) return []
    const rest = selector.slice(around.length + (root[2] ?? '').length)
    return isDrawn(rest, drawn) ? [`${around}${root[2]}&${rest}`] : []
  }
  return !PAGE_ITSELF.test(selector) && isDrawn(selector, drawn) ? [selector] : []
}

function isDrawn(selector: string, drawn: ReadonlySet<string>): boolean {
  const names = withoutArguments(selector).match(/(?<![:\w-])[a-z][\w-]*/gi) ?? []
  return names.every((name) => drawn.has(name))
}

/** What is in brackets asks for nothing that must be there. */
function withoutArguments(selector: string): string {
  let before = selector
  for (;;) {
    const after = before.replace(/\([^()]*\)|\[[^\]]*\]/g, '')
    if (after === before) return after
    before = after
  }
}

/** The rules and at-rules of a stylesheet of ours, which has comments and blocks, and neither strings nor addresses with brackets. */
function blocksOf(css: string): Block[] {
  const text = css.replace(/\/\*[\s\S]*?\*\//g, '')
  const blocks: Block[] = []
  let at = 0
  for (;;) {
    const open = text.indexOf('{', at)
    if (open < 0) return blocks
    let depth = 1
    let end = open + 1
    for (; depth > 0; end += 1) {
      if (end >= text.length) throw new Error(`a rule does not end: ${text.slice(at, open)}`)
      if (text[end] === '{') depth += 1
      else if (text[end] === '}') depth -= 1
    }
    blocks.push({ prelude: text.slice(at, open).trim(), body: text.slice(open + 1, end - 1) })
    at = end
  }
}

/** The selectors of a list; commas within brackets belong to one of them. */
function splitList(list: string): string[] {
  const selectors: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at <= list.length; at += 1) {
    const character = list[at]
    if (character === '(' || character === '[') depth += 1
    else if (character === ')' || character === ']') depth -= 1
    else if (character === undefined || (character === ',' && depth === 0)) {
      selectors.push(list.slice(from, at).trim())
      from = at + 1
    }
  }
  return selectors
}
