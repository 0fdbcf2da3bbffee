import { type Expression, type TemplateLiteral, Visitor } from 'oxc-parser'
import { type Finding, finding, isTest, type Source } from './source.ts'
import { HOLE, places } from './template.ts'

const ESCAPING = 'packages/holdall/src/web/html.ts'
const CLIENT = 'packages/client/'
/** Lit sets values from JavaScript; only what the server writes is parsed from text. */
const SERVER = 'packages/holdall/'
const UNESCAPED_NAMES = new Set(['raw', 'unsafeHTML', 'unsafeSVG', 'unsafeStatic'])
const UNESCAPED_MEMBERS = new Set(['innerHTML', 'outerHTML', 'srcdoc'])
const UNESCAPED_CALLS = new Set(['insertAdjacentHTML', 'setHTMLUnsafe', 'createContextualFragment'])
const GLOBALS = new Set(['globalThis', 'window', 'self'])
const URL_ATTRIBUTES = new Set(
  'href src action formaction poster srcset cite ping data background xlink:href .href .src .action'.split(' '),
)
const TEMPLATES = new Set(['html', 'svg'])
/** The one door to other servers, and what it is made of. What listens is no request. */
const OUTGOING = 'packages/holdall/src/web/outgoing/'
const REQUESTING: Readonly<Record<string, RegExp>> = {
  undici: /^/,
  http: /^(?:|default|request|get|Agent|ClientRequest)$/,
  https: /^(?:|default|request|get|Agent)$/,
  http2: /^(?:|default|connect)$/,
  net: /^(?:|default|connect|createConnection|Socket)$/,
  tls: /^(?:|default|connect|TLSSocket)$/,
}
/** A value that begins like this keeps its meaning whatever follows. */
const SAFE_START = /^(?:#|\?|https?:\/\/|mailto:)/

/** The rules that keep escaping, addresses and requests in the one place that each has. */
export function webFindings(source: Source): Finding[] {
  if (!/^packages\/[^/]+\/src\//.test(source.path) || isTest(source.path)) return []
  const findings: Finding[] = []
  const report = (at: number, message: string): void => {
    findings.push(finding(source, at, message))
  }

  if (source.path !== ESCAPING) {
    for (const { specifier, names, at } of source.imports) {
      if (specifier === 'hono/html') report(at, 'Import html from web/html.ts: it is the one door to unescaped markup.')
      for (const name of names) {
        if (UNESCAPED_NAMES.has(name) || (name === '' && specifier === 'hono/utils/html'))
          report(at, `${name || specifier} switches escaping off; only ${ESCAPING} may.`)
      }
    }
  }
  const ownFetch = bindsFetch(source)
  const isGuarded = source.path.startsWith(SERVER) && !source.path.startsWith(OUTGOING)
  if (isGuarded) {
    for (const { specifier, values, at } of source.imports) {
      const requesting = REQUESTING[specifier.replace(/^node:/, '')]
      if (requesting && values.some((name) => requesting.test(name))) report(at, UNGUARDED)
    }
  }
  new Visitor({
    TaggedTemplateExpression({ tag, quasi }) {
      if (tag.type === 'Identifier' && TEMPLATES.has(tag.name)) checkTemplate(quasi, source.path, report)
    },
    MemberExpression(member) {
      const { object, start } = member
      const isGlobal = object.type === 'Identifier' && GLOBALS.has(object.name)
      if (isGuarded && isGlobal && propertyName(member) === 'fetch') report(start, UNGUARDED)
    },
    AssignmentExpression({ left, start }) {
      if (left.type === 'MemberExpression' && UNESCAPED_MEMBERS.has(propertyName(left))) {
        report(start, `${propertyName(left)} writes unescaped markup; use a template or textContent.`)
      }
    },
    CallExpression({ callee, start }) {
      if (callee.type === 'Identifier' && callee.name === 'fetch' && !ownFetch) report(start, BARE_FETCH)
      if (callee.type !== 'MemberExpression') return
      const owner = callee.object.type === 'Identifier' ? callee.object.name : ''
      const name = propertyName(callee)
      const isBare = name === 'fetch' && GLOBALS.has(owner) && !source.path.startsWith(CLIENT)
      if (isBare && !isGuarded) report(start, BARE_FETCH)
      if (UNESCAPED_CALLS.has(name) || (owner === 'document' && /^write(ln)?$/.test(name))) {
        report(start, `${name}() writes unescaped markup; use a template.`)
      }
    },
  }).visit(source.program)
  return findings
}

const BARE_FETCH =
  'A bare fetch() has no limit on time, size or address; requests belong to the client, or take a fetch as parameter.'

const UNGUARDED =
  'Requests to other servers go through web/outgoing, which checks where they lead; take its fetch as a parameter.'

function checkTemplate(quasi: TemplateLiteral, path: string, report: (at: number, message: string) => void): void {
  const texts = quasi.quasis.map(({ value }) => value.cooked ?? value.raw)
  const whole = texts.join(HOLE)
  if (/<[^>]*\son[a-z]+\s*=/i.test(whole)) {
    report(
      quasi.start,
      'An on… attribute is an inline script, which the Content-Security-Policy refuses; listen in a component.',
    )
  }
  for (const [, attributes = '', body = ''] of whole.matchAll(/<script\b([^>]*)>([\s\S]*?)(?:<\/script|$)/gi)) {
    if (body.trim() !== '' && path !== ESCAPING) {
      const what = /application\/json/.test(attributes)
        ? 'JSON in a page goes through jsonScript()'
        : 'Inline scripts are refused by the Content-Security-Policy'
      report(quasi.start, `${what}.`)
    }
  }
  for (const [index, place] of places(texts).entries()) {
    const expression = quasi.expressions[index] as Expression
    if (place.kind !== 'attribute') continue
    if (!place.quoted && path.startsWith(SERVER)) {
      report(expression.start, `Quote the value of ${place.name}: a space in it would begin another attribute.`)
    }
    if (!URL_ATTRIBUTES.has(place.name) || place.before.includes(HOLE) || SAFE_START.test(place.before)) continue
    if (place.before !== '') {
      report(expression.start, `Make the address in ${place.name} with web/url.ts, so that it carries base_url.`)
    } else if (!isSafeUrl(expression)) {
      report(
        expression.start,
        `The address in ${place.name} must come from safeUrl() or a method of urls (web/url.ts).`,
      )
    }
  }
}

/** `safeUrl(…)`, `urls.table(…)`, `page.urls.file(…)`, `urls.base`, and choices between such. */
function isSafeUrl(expression: Expression): boolean {
  switch (expression.type) {
    case 'Literal':
      return typeof expression.value === 'string' && (expression.value === '' || SAFE_START.test(expression.value))
    case 'ConditionalExpression':
      return isSafeUrl(expression.consequent) && isSafeUrl(expression.alternate)
    case 'LogicalExpression':
      return isSafeUrl(expression.left) && isSafeUrl(expression.right)
    case 'CallExpression':
      return (
        (expression.callee.type === 'Identifier' && expression.callee.name === 'safeUrl') ||
        isSafeUrl(expression.callee as Expression)
      )
    case 'MemberExpression': {
      const { object } = expression
      if (object.type === 'Identifier') return object.name === 'urls'
      return object.type === 'MemberExpression' && propertyName(object) === 'urls'
    }
    default:
      return false
  }
}

function propertyName(member: { readonly property: { readonly type: string } }): string {
  const property = member.property as { readonly type: string; readonly name?: string; readonly value?: unknown }
  return property.name ?? (typeof property.value === 'string' ? property.value : '')
}

/** Whether the file has a `fetch` of its own: a parameter, a variable or an import. The client's is the global one. */
function bindsFetch(source: Source): boolean {
  if (source.path.startsWith(CLIENT)) return true
  if (source.imports.some(({ names }) => names.includes('fetch'))) return true
  let bound = false
  const look = (pattern: unknown): void => {
    if (bindsName(pattern, 'fetch')) bound = true
  }
  const lookAtAll = ({ params }: { readonly params: readonly unknown[] }): void => params.forEach(look)
  new Visitor({
    VariableDeclarator: ({ id }) => look(id),
    FunctionDeclaration: lookAtAll,
    FunctionExpression: lookAtAll,
    ArrowFunctionExpression: lookAtAll,
  }).visit(source.program)
  return bound
}

function bindsName(pattern: unknown, name: string): boolean {
  if (typeof pattern !== 'object' || pattern === null) return false
  const node = pattern as Readonly<Record<string, unknown>>
  if (node.type === 'Identifier') return node.name === name
  if (node.type === 'AssignmentPattern') return bindsName(node.left, name)
  if (node.type === 'Property') return bindsName(node.value, name)
  if (node.type === 'RestElement') return bindsName(node.argument, name)
  const parts = node.type === 'ObjectPattern' ? node.properties : node.type === 'ArrayPattern' ? node.elements : []
  return Array.isArray(parts) && parts.some((part) => bindsName(part, name))
}
