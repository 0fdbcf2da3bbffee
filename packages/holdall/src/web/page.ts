import { ICON_PATH, SCRIPT_PATH, STYLESHEET_PATH, siteIcon, stylesheet } from './assets.ts'
import { elementsVersion } from './elements-bundle.ts'
import { type Html, html, safeUrl } from './html.ts'
import { attributes } from './parts/attributes.ts'
import { linkButton, postButton } from './parts/button.ts'
import { icon, sprite } from './parts/icon.ts'
import { searchInput } from './parts/inputs.ts'
import { type MenuItem, menuGroups } from './parts/menu.ts'
import type { Actor, RouteContext } from './route.ts'
import type { Urls } from './url.ts'

export type Theme = 'light' | 'dark' | 'system'

/** What every page of a request has in common. */
export interface PageFrame {
  readonly urls: Urls
  readonly actor: Actor | null
  readonly theme: Theme
  /** Path and query of this page, under `base_url`: where signing in and the theme switch come back to. */
  readonly path: string
  readonly mayManagePeople?: boolean
  /** Whether there is any source to browse. @default true */
  readonly showFiles?: boolean
  /** What the instance is called, for the footer: "Norrvik Harbour Museum" */
  readonly instance?: string
}

/** The frame of a request's pages: the app hands it to every room that has pages. */
export type FrameOf = (c: RouteContext) => PageFrame | Promise<PageFrame>

export interface Crumb {
  readonly label: string
  /** Absent for the page itself. */
  readonly href?: string
}

/** What was just done, with the way back. */
export interface Said {
  readonly text: string
  /** What Undo sends, and where to. */
  readonly undo: { readonly action: string; readonly fields: Readonly<Record<string, string>> }
}

export interface PageContent {
  /** For the browser's tab; " · Holdall" is added. */
  readonly title: string
  /** The page's `h1`. Default: the title. Null where the body brings its own. */
  readonly heading?: string | Html | null
  /** One line under it: how much there is. */
  readonly lede?: string | Html
  /** From the section down; the last one is the page. */
  readonly crumbs?: readonly Crumb[]
  /** The filled action first, then a menu. */
  readonly actions?: Html
  readonly section?: 'databases' | 'files' | 'datasets' | 'account'
  /** Tables use the whole width; everything else stays readable. @default 'measured' */
  readonly width?: 'measured' | 'full'
  /** What was just done, shown once: "Row saved" */
  readonly said?: string | Said | undefined
  readonly body: Html
}

/** A whole page: header, title, body, footer. Its scripts and styles are files of ours; nothing is inline. */
export function renderPage(page: PageFrame & PageContent): Html {
  const { urls } = page
  const dataTheme = page.theme === 'system' ? null : page.theme
  return html`<!doctype html>
<html lang="en"${attributes({ 'data-theme': dataTheme })}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title} · Holdall</title>
<link rel="icon" type="image/svg+xml" href="${urls.path(ICON_PATH, { v: version(siteIcon().etag) })}">
<link rel="stylesheet" href="${urls.path(STYLESHEET_PATH, { v: version(stylesheet().etag) })}">
<script type="module" src="${urls.path(SCRIPT_PATH, { v: elementsVersion() })}"></script>
</head>
<body>
${sprite}
<a class="skip-link" href="#main">Skip to content</a>
${siteHeader(page)}
<main id="main" tabindex="-1">
${page.width === 'full' ? content(page) : html`<div class="measured">${content(page)}</div>`}
</main>
${siteFooter(page)}
</body>
</html>`
}

function saidToast(said: string | Said): Html {
  const [text, undo] = typeof said === 'string' ? [said] : [said.text, said.undo]
  const back =
    undo && postButton(undo.action, { label: 'Undo', kind: 'quiet', more: { 'data-undo': true } }, undo.fields)
  return html`<div class="toast said" role="status">${icon('check')}<span title="${text}">${text}</span>${back}</div>`
}

function version(etag: string): string {
  return etag.replaceAll('"', '')
}

function content(page: PageContent): Html {
  const heading = page.heading === undefined ? page.title : page.heading
  return html`${page.crumbs && page.crumbs.length > 0 && breadcrumb(page.crumbs)}${
    heading !== null &&
    html`<div class="page-head"><div class="page-title"><h1>${heading}</h1>${page.lede && html`<p class="lede">${page.lede}</p>`}</div>${
      page.actions && html`<div class="actions">${page.actions}</div>`
    }</div>`
  }
${page.body}`
}

function breadcrumb(crumbs: readonly Crumb[]): Html {
  return html`<nav class="breadcrumb" aria-label="Breadcrumb"><ol>${crumbs.map(
    ({ label, href }) =>
      html`<li>${href === undefined ? html`<span aria-current="page">${label}</span>` : html`<a href="${safeUrl(href)}">${label}</a>`}</li>`,
  )}</ol></nav>`
}

const MARK = html`<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3 11a2.4 2.4 0 0 1 2.4-2.4h13.2A2.4 2.4 0 0 1 21 11v6.8a2.4 2.4 0 0 1-2.4 2.4H5.4A2.4 2.4 0 0 1 3 17.8ZM7.6 12V7.9a4.4 4.4 0 0 1 8.8 0V12M3 14.6h18"></path></svg>`

function siteHeader(page: PageFrame & PageContent): Html {
  const { urls, section } = page
  const here = (name: string): Html => attributes({ 'aria-current': section === name ? 'true' : null })
  return html`<header class="site-header">
<a class="brand" href="${urls.path('/')}" aria-label="Holdall, start page">${MARK}<span>Holdall</span></a>
<nav class="site-nav" aria-label="Main"><ul><li><a href="${urls.path('/')}"${here('databases')}>Databases</a></li>${
    page.showFiles !== false && html`<li><a href="${urls.path('/-/files')}"${here('files')}>Files</a></li>`
  }<li><a href="${urls.path('/-/datasets')}"${here('datasets')}>Datasets</a></li></ul></nav>
<div class="toasts" data-toasts aria-live="polite">${page.said && saidToast(page.said)}</div>
${siteSearch(page)}<div class="to-end"><button class="running-uploads" type="button" data-running-uploads hidden>${icon('upload')}<span><span data-count></span> <span class="label" data-count-words></span></span></button>${account(page)}</div>
</header>`
}

const SEARCH_PATH = '/-/files/search'

/** Files, tables and databases. The page that it leads to has a field of its own. */
function siteSearch({ urls, path }: PageFrame): Html {
  if (path.split('?')[0] === urls.path(SEARCH_PATH)) return html``
  const label = 'Search files and tables'
  return html`<form class="site-search" role="search" aria-label="Files and tables" action="${urls.path(SEARCH_PATH)}">${searchInput({ name: 'q', label, placeholder: label })}</form><a class="site-search-link" href="${urls.path(SEARCH_PATH)}" aria-label="${label}" title="Search">${icon('search')}</a>`
}

/** The account menu, or the way to get one. */
function account({ actor, urls, path, mayManagePeople }: PageFrame): Html {
  if (actor === null) {
    return linkButton({
      label: 'Sign in',
      href: urls.path('/-/sign-in', { return: path }),
      kind: 'quiet',
      icon: 'signIn',
    })
  }
  const name = typeof actor.name === 'string' && actor.name !== '' ? actor.name : actor.id
  const items: MenuItem[] = [{ label: 'Tokens and sessions', href: urls.path('/-/tokens'), icon: 'key' }]
  if (mayManagePeople) items.push({ label: 'People', href: urls.path('/-/people'), icon: 'people' })
  const leave: MenuItem = { label: 'Sign out', href: urls.path('/-/sign-out'), post: {}, icon: 'signOut' }
  return html`<details class="menu"><summary class="avatar" aria-label="${initials(name)}, ${name}, your account" title="${name}">${initials(name)}</summary>
<div class="menu-panel"><p>Signed in as <strong>${name}</strong></p>${menuGroups([items, [leave]])}</div></details>`
}

/** Two letters for a name: `IM` for Inês Moreira, `BO` for bob. */
export function initials(name: string): string {
  const words = name.split(/[\s._@-]+/).filter((word) => word !== '')
  const letters =
    words.length > 1
      ? [words[0], words[words.length - 1]].map((word) => [...(word ?? '')][0])
      : [...(words[0] ?? '?')].slice(0, 2)
  return letters.join('').toUpperCase()
}

const THEMES = [
  ['system', 'System'],
  ['light', 'Light'],
  ['dark', 'Dark'],
] as const

/** Each choice is a button of a form to `POST /-/theme`, so the switch works without scripts. */
function siteFooter({ urls, theme, path, instance }: PageFrame): Html {
  return html`<footer class="site-footer"><span>${instance ? `Holdall serves ${instance}` : 'Served by Holdall'}</span>
<button class="key-list-opener" type="button" data-key-list hidden>Keyboard shortcuts</button>
<form class="theme-switch" method="post" action="${urls.path('/-/theme')}" data-theme-switch><input type="hidden" name="return" value="${path}"><div role="group" aria-label="Theme"><span aria-hidden="true">Theme</span>${THEMES.map(
    ([value, label]) =>
      html`<button type="submit" name="theme" value="${value}" aria-pressed="${theme === value ? 'true' : 'false'}">${label}</button>`,
  )}</div></form></footer>`
}
