import { type Html, html, join } from '../html.ts'
import { type PageContent, type PageFrame, renderPage } from '../page.ts'
import { button, copyButton, deadButton, linkButton } from '../parts/button.ts'
import { badge, filterBar } from '../parts/chips.ts'
import { command, copyable, facts, fold, keys, linkedRows } from '../parts/facts.ts'
import { errorSummary, field, formRow, saveBar } from '../parts/field.ts'
import { type CellItem, fileCell, fileStrip, fileTiles, preview, type ShownFile, thumbnail } from '../parts/file.ts'
import { datasetUploader, fileColumnCell, fileField, uploader } from '../parts/file-elements.ts'
import { checkbox, radio, searchInput, selectInput, textArea, textInput } from '../parts/inputs.ts'
import { menu } from '../parts/menu.ts'
import { emptyState, notice, problem, ways } from '../parts/notice.ts'
import { dataTable, foreignCell, nullCell, pager, segmented, textCell, toolbar } from '../parts/table.ts'
import { createUrls } from '../url.ts'

/** The gallery stands under a prefix, so that a component that forgets `base_url` is found out. */
export const BASE = '/museum'
const urls = createUrls(BASE)

export const FRAME: PageFrame = {
  urls,
  actor: { id: 'ines', name: 'Inês Moreira' },
  theme: 'system',
  path: '/',
  mayManagePeople: true,
  instance: 'Norrvik Harbour Museum',
}

function file(
  id: string,
  filename: string,
  contentType: string,
  size: number,
  width?: number,
  height?: number,
): ShownFile {
  const thumb = contentType.startsWith('image/') ? `${BASE}/img/${id}.svg` : null
  return { id, filename, contentType, size, width, height, href: urls.file(id), thumbnail: thumb }
}

export const FILES = {
  jug: file('df-jug', '1998-214-7_front.jpg', 'image/jpeg', 6_400_000, 5472, 3648),
  side: {
    ...file('df-side', '1998-214-7_side.jpg', 'image/jpeg', 5_900_000, 5472, 3648),
    changedAt: '2026-05-03T10:42:00.000Z',
  },
  mark: file('df-mark', '1998-214-7_base_mark.jpg', 'image/jpeg', 4_200_000, 5472, 3648),
  detail: file('df-detail', '1998-214-7_detail_sprig_stag_and_hounds.jpg', 'image/jpeg', 8_000_000, 8256, 5504),
  tile: file('df-tile', 'tile-panel_raking-light.tif', 'image/tiff', 84_200_000),
  ship: file('df-ship', 'solveig_starboard.jpg', 'image/jpeg', 9_100_000, 6000, 4000),
  report: file('df-report', 'condition-2024.pdf', 'application/pdf', 412_000),
  sheet: file(
    'df-sheet',
    'glaze-xrf.xlsx',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    88_000,
  ),
} as const

function cell(column: string, key: string, files: readonly (ShownFile | null)[], multiple: boolean): Html {
  const items = files.map((one): CellItem => (one ? { state: 'file', file: one } : { state: 'unavailable' }))
  return fileColumnCell({
    urls,
    items,
    ids: files.map((one, at) => one?.id ?? `df-hidden-${at}`),
    rowHref: urls.row('collection', 'objects', [key]),
    rowLabel: key,
    editable: true,
    column,
    source: 'photos',
    accept: column === 'report' ? null : 'image/*',
    maxSize: 100_000_000,
    multiple,
  })
}

function object(
  key: string,
  title: string,
  image: readonly (ShownFile | null)[],
  photos: readonly (ShownFile | null)[],
  report: readonly (ShownFile | null)[],
  maker: string | null,
  year: string,
  place: string,
): { cells: Html[]; edit: { href: string; label: string } } {
  return {
    cells: [
      html`<a class="tabular" href="${urls.row('collection', 'objects', [key])}">${key}</a>`,
      textCell(title),
      cell('image', key, image, false),
      cell('photos', key, photos, true),
      cell('report', key, report, false),
      maker === null ? nullCell : foreignCell('#', maker),
      html`${year}`,
      foreignCell('#', place),
    ],
    edit: { href: `${urls.row('collection', 'objects', [key])}/-/update`, label: key },
  }
}

const { jug, side, mark, detail, tile, ship, report, sheet } = FILES

const ROWS = [
  object(
    '1998.214.7',
    'Salt-glazed jug with hunting scene',
    [jug],
    [side, mark, detail, jug, ship, tile, side],
    [report],
    'Mortlake Pottery',
    '1862',
    'Gallery 3',
  ),
  object('1998.219.1', 'Tin-glazed tile panel, twelve tiles', [tile], [tile, jug], [], 'Unknown', '1780', 'Store B'),
  object(
    '2001.040.2',
    'Porcelain slop bowl, river landscape',
    [null],
    [],
    [sheet],
    'Caughley Works',
    '1790',
    'Gallery 3',
  ),
  object(
    '2006.003.1',
    'Model of the barque “Solveig”',
    [ship],
    [ship, side, null, mark],
    [report],
    'Edvard Lind',
    '1904',
    'Gallery 1',
  ),
  object('2009.301.5', 'Woven coverlet, diamond twill', [], [], [], null, '1840', 'Store A'),
]

const sort = { href: '#' }

export const TABLE: PageContent = {
  title: 'objects',
  lede: html`<span class="tabular">318</span> of <span class="tabular">12,847</span> rows match 2 filters`,
  crumbs: [
    { label: 'Databases', href: urls.path('/') },
    { label: 'collection', href: urls.database('collection') },
    { label: 'objects' },
  ],
  section: 'databases',
  width: 'full',
  actions: join([
    linkButton({ label: 'Insert row', href: '#', kind: 'filled', icon: 'plus' }),
    menu({
      label: 'Table actions',
      groups: [
        [
          {
            label: 'Configure file columns',
            note: '3 columns hold files: image, photos, report',
            href: '#',
            icon: 'image',
          },
        ],
        [{ label: 'Export these 318 rows', note: 'JSON', href: '#', icon: 'download' }],
        [{ label: 'Delete table…', href: '#', icon: 'trash', danger: true }],
      ],
    }),
  ]),
  body: html`${toolbar({
    action: '#',
    keep: [['_size', '8']],
    search: { name: '_search', value: '', label: 'Search objects', placeholder: 'Search title, notes, maker' },
    sort: { name: '_sort', value: 'accession_no', options: [{ value: 'accession_no', label: 'accession_no ↑' }] },
    end: html`${linkButton({ label: 'Columns', href: '#', icon: 'columns' })}${segmented('Row height', [
      { label: 'Compact rows', href: '#', icon: 'compact', current: false },
      { label: 'Normal rows', href: '#', icon: 'rows', current: false },
      { label: 'Roomy rows', href: '#', icon: 'list', current: true },
    ])}`,
  })}${filterBar({
    filters: [
      { field: 'material', operator: 'contains', value: 'glaze', removeHref: '#', href: '#' },
      { field: 'year_made', operator: 'before', value: '1920', removeHref: '#', href: '#' },
    ],
    add: {
      action: '#',
      keep: [],
      columns: [{ value: 'title', label: 'title', kind: 'text' }],
      operators: [{ kind: 'text', choices: [{ value: 'exact', label: 'is' }] }],
    },
    clearHref: '#',
  })}<section class="panel" aria-label="Rows">${dataTable({
    caption: 'objects, sorted by accession_no, ascending',
    density: 'roomy',
    cards: true,
    columns: [
      { label: 'accession_no', kind: 'key', type: 'text · key', sort: { href: '#', direction: 'ascending' } },
      { label: 'title', kind: 'title', type: 'text', sort },
      { label: 'image', kind: 'file', type: 'file · image/*', sort },
      { label: 'photos', kind: 'files', type: 'files · image/*', sort },
      { label: 'report', kind: 'file', type: 'file', sort },
      { label: 'maker', type: '→ makers', sort },
      { label: 'year_made', kind: 'numeric', type: 'integer', sort },
      { label: 'place', type: '→ places', sort },
    ],
    rows: ROWS,
  })}${pager({
    text: 'Rows 1–5 of 318',
    firstHref: null,
    nextHref: '#',
    sizes: { action: '#', name: '_size', value: '8', options: ['8', '50', '100'], keep: [] },
  })}</section>`,
}

function fileRow(name: string, type: string, multiple: boolean, files: readonly ShownFile[], hint?: string): Html {
  const value = multiple ? JSON.stringify(files.map((one) => one.id)) : (files[0]?.id ?? null)
  return formRow({
    name,
    type,
    group: true,
    hint,
    control: ({ id, describedBy }) =>
      fileField({
        urls,
        name,
        column: name,
        source: 'photos',
        accept: 'image/*',
        maxSize: 100_000_000,
        multiple,
        files,
        value,
        pickable: true,
        describedBy,
        labelledBy: `${id}-label`,
      }),
  })
}

export const ROW: PageContent = {
  title: 'Edit 1998.214.7',
  heading: 'Salt-glazed jug with hunting scene',
  lede: 'Editing a row of objects',
  crumbs: [
    { label: 'Databases', href: urls.path('/') },
    { label: 'collection', href: urls.database('collection') },
    { label: 'objects', href: urls.table('collection', 'objects') },
    { label: '1998.214.7' },
  ],
  section: 'databases',
  actions: join([
    linkButton({ label: 'View row', href: '#', kind: 'quiet' }),
    menu({
      label: 'More row actions',
      iconOnly: true,
      groups: [
        [{ label: 'Row as JSON', href: '#', icon: 'file' }],
        [{ label: 'Delete row…', href: '#', icon: 'trash', danger: true }],
      ],
    }),
  ]),
  body: html`<div class="with-side"><form class="panel" method="post" aria-label="Row" data-save><div class="panel-body">${errorSummary(
    'Not saved',
    [{ field: 'year_made', message: 'must be a whole number.' }],
  )}</div>${formRow({
    name: 'accession_no',
    type: 'text · key',
    hint: 'The key of this row. It cannot change.',
    control: ({ id, describedBy }) =>
      textInput({ id, name: 'accession_no', value: '1998.214.7', readOnly: true, short: true, describedBy }),
  })}${formRow({ name: 'title', type: 'text · required', control: ({ id }) => textInput({ id, name: 'title', value: 'Salt-glazed jug with hunting scene', required: true }) })}${formRow(
    {
      name: 'description',
      type: 'text',
      control: ({ id }) =>
        textArea({
          id,
          name: 'description',
          value:
            'Stoneware jug with applied sprig decoration: hounds, a stag and a windmill. Silver rim lost; old repair to the handle. Found with the fittings of the Customs House in 1998.',
        }),
    },
  )}${formRow({
    name: 'maker',
    type: '→ makers',
    control: ({ id }) =>
      selectInput({
        id,
        name: 'maker',
        value: '17',
        options: [
          { value: '', label: 'None' },
          { value: '17', label: 'Mortlake Pottery (17)' },
        ],
      }),
  })}${formRow({
    name: 'year_made',
    type: 'integer',
    error: 'Must be a whole number, for example 1862. Put “circa” in date_note.',
    control: ({ id, describedBy, invalid }) =>
      textInput({ id, name: 'year_made', value: 'c. 1862', short: true, describedBy, invalid }),
  })}${fileRow('image', 'file · image/*', false, [jug])}${fileRow('photos', 'files · image/*', true, [side, mark, detail], 'Tables show the first three. Removing a photo here does not delete the file.')}${fileRow('report', 'file', false, [])}${saveBar(
    join([
      linkButton({ label: 'Discard changes', href: '#', kind: 'quiet' }),
      button({ label: 'Save row', kind: 'filled', type: 'submit' }),
    ]),
  )}</form><aside class="stack" aria-label="About this row"><section><h2>Linked rows</h2>${linkedRows([
    { title: 'loans', note: '2 rows refer to this row', href: '#' },
    { title: 'conservation', note: '5 rows refer to this row', href: '#' },
  ])}</section><section><h2>Keyboard shortcuts</h2>${keys([
    ['Ctrl S', 'Save row'],
    ['Ctrl V', 'Paste a file into the focused field'],
    ['Alt ↑ ↓', 'Move the focused photo'],
  ])}</section></aside></div>`,
}

export const FILE: PageContent = {
  title: 'quay_1911_047.tif',
  crumbs: [
    { label: 'Files', href: urls.path('/-/files') },
    { label: 'Photographs', href: urls.source('photos') },
    { label: 'quay_1911_047.tif' },
  ],
  section: 'files',
  actions: join([
    linkButton({ label: 'Download', href: '#', kind: 'filled', icon: 'download' }),
    button({ label: 'Copy link', icon: 'link', more: { 'data-copy': 'https://example.org', hidden: true } }),
  ]),
  body: html`<div class="file-layout"><div class="stack">${preview({
    file: jug,
    image: { src: `${BASE}/img/wide.svg`, width: 1200, height: 800, alt: 'Ships at a quay' },
    openHref: '#',
    caption: 'Preview, 1,200 × 800 px. The file is untouched.',
  })}<section aria-labelledby="used"><div class="section-head"><h2 id="used">Used in 3 rows</h2></div>${linkedRows([
    {
      title: 'Model of the barque “Solveig”',
      note: 'collection / objects / photos',
      href: '#',
      icon: 'table',
      end: badge('third of 14'),
    },
    { title: 'The harbour before steam', note: 'exhibitions / panels / picture', href: '#', icon: 'table' },
    { title: 'Lind family glass plates, plate 47', note: 'collection / plates / scan', href: '#', icon: 'table' },
  ])}</section></div><aside class="stack" aria-label="About this file"><section><div class="section-head"><h2>Facts</h2></div>${facts(
    [
      ['Type', 'TIFF image'],
      ['Dimensions', html`<span class="tabular">9,448 × 6,299 px <span class="faint">(59.5 MP)</span></span>`],
      ['Size', html`<span class="tabular">178.6 MB <span class="faint">(178,552,836 bytes)</span></span>`],
      ['SHA-256', copyable('3f9a6c1e0b7d52c48810a94be1730cd56ffe02d7ab9914c6582207d1c43de21b', 'the whole SHA-256')],
      ['Source', html`<a href="#">Photographs</a> <span class="faint">(folder)</span>`],
      ['Uploaded by', 'Inês Moreira'],
      ['Uploaded', '14 March 2025, 10:42'],
      ['File id', copyable('df-01jpa8m4t7c0v2r6s9x3y57xq4', 'the file id')],
    ],
  )}</section><section><div class="section-head"><h2>Same file is already here: 1</h2></div>${linkedRows([
    { title: 'scan0047-final.tif', note: 'Scans 2019 · 2 September 2019', href: '#', picture: thumbnail(ship) },
  ])}<p class="hint">Byte for byte the same. Both are kept.</p></section>${fold(
    'Camera and picture data',
    facts([
      ['Scanner', 'Kestrel F80'],
      ['Position', 'Removed on upload'],
    ]),
  )}</aside></div>`,
}

export const STATES: PageContent = {
  title: 'Empty states and errors',
  section: 'databases',
  said: 'Row saved',
  body: html`<div class="stack"><section class="panel begin"><h2>No databases yet</h2><p class="lede">A database holds tables. A cell in a table can hold a file. Begin with what you have.</p>${ways(
    [
      {
        icon: 'image',
        title: 'Photos and documents',
        body: 'They go into the source “files” on this server. Attach them to rows later.',
        action: linkButton({ label: 'Upload files', href: '#', icon: 'upload', kind: 'filled' }),
      },
      {
        icon: 'database',
        title: 'A SQLite database',
        body: 'Start the server with it. Nothing is copied, and Datasette’s URLs work.',
        action: command('holdall serve collection.db'),
      },
    ],
  )}</section>${notice({
    tone: 'warning',
    title: 'Scans is not answering since 14:02.',
    body: 'Its 3,208 files cannot be opened or added. Rows, search and other sources work. Next try in 20 s.',
    actions: button({ label: 'Try now', icon: 'retry' }),
    role: 'status',
  })}<section class="panel">${emptyState({
    title: 'No rows match',
    body: html`<b>material</b> contains “glaze” and <b>year_made</b> before 1400. Without the second filter there are 412 rows.`,
    actions: join([
      linkButton({ label: 'Remove year_made filter', href: '#' }),
      linkButton({ label: 'Clear all filters', href: '#', kind: 'quiet' }),
    ]),
  })}</section></div>`,
}

export const NOT_FOUND: PageContent = {
  title: 'File not found',
  heading: null,
  section: 'files',
  body: problem({
    status: 404,
    code: 'file_not_found',
    title: 'File not found',
    body: html`<code class="breakable">df-01jq8m4t7c0v2r6s9x3y5z1abc</code> does not exist, or you may not see it.`,
    actions: join([
      linkButton({ label: 'All files', href: '#', kind: 'filled' }),
      linkButton({ label: 'Start page', href: '#' }),
    ]),
  }),
}

function sheetOf(title: string, body: Html): Html {
  return html`<section><div class="section-head"><h2>${title}</h2></div>${body}</section>`
}

export const PARTS: PageContent = {
  title: 'Parts',
  lede: 'Every part of the pages in its states.',
  body: html`<div class="stack">${sheetOf(
    'Buttons',
    html`<div class="actions">${button({ label: 'Save row', kind: 'filled' })}${button({ label: 'Rename', icon: 'edit' })}${button({ label: 'Cancel', kind: 'quiet' })}${button(
      { label: 'Move to trash', icon: 'trash', kind: 'danger' },
    )}${button({ label: 'Delete 214 files', kind: 'danger-filled' })}${button({ label: 'Copy', icon: 'copy', kind: 'quiet', iconOnly: true })}${deadButton({ label: 'First page' })}${button(
      { label: 'Disabled', more: { disabled: true } },
    )}<button class="button filled" type="button" aria-busy="true"><span class="spinner"></span>Saving</button></div>`,
  )}${sheetOf(
    'Inputs',
    html`<div class="fields">${field({ name: 'rest', label: 'Rest', hint: 'A hint below.', control: (tied) => textInput({ ...tied, name: 'rest', placeholder: 'Placeholder' }) })}${field(
      {
        name: 'read',
        label: 'Read only',
        control: (tied) => textInput({ ...tied, name: 'read', value: '1998.214.7', readOnly: true }),
      },
    )}${field({ name: 'off', label: 'Disabled', control: (tied) => textInput({ ...tied, name: 'off', value: 'Not now', disabled: true }) })}${field(
      {
        name: 'bad',
        label: 'Wrong',
        hint: 'The year it was made.',
        error: 'Must be a whole number, for example 1862.',
        control: (tied) => textInput({ ...tied, name: 'bad', value: 'c. 1862' }),
      },
    )}${field({
      name: 'holds',
      label: 'Holds',
      group: true,
      control: () =>
        html`<div class="choices">${['Text', 'One file', 'Several files'].map((label, at) => radio({ name: 'holds', value: label, label, checked: at === 2 }))}${checkbox({ name: 'c', value: '1', label: 'Checked', checked: true })}</div>`,
    })}${field({ name: 'upload', label: 'A file', control: (tied) => textInput({ ...tied, name: 'upload', type: 'file' }) })}</div>${searchInput({ name: 'q', label: 'Search' })}`,
  )}${sheetOf(
    'File cells',
    html`<div class="fields">${fileCell({ state: 'file', file: jug })}${fileStrip(
      [side, mark, detail, jug].map((one) => ({ state: 'file', file: one })),
      '#',
    )}${fileCell({ state: 'file', file: report })}${fileCell({ state: 'unavailable' })}${fileCell({
      state: 'trashed',
      filename: '1998-214-7_old.jpg',
      note: 'In the trash until 13 April',
    })}${fileCell({ state: 'file', file: { ...detail, filename: `${'long'.repeat(40)}.jpg` } })}</div>`,
  )}${sheetOf(
    'Progress, badges',
    html`<div class="fields"><progress value="62" max="100" aria-label="Running"></progress><progress class="paused" value="31" max="100" aria-label="Paused"></progress><progress class="failed" value="44" max="100" aria-label="Failed"></progress><progress class="done" value="100" max="100" aria-label="Done"></progress></div><div class="actions">${badge('read only')}${badge('Running', 'accent')}${badge('Ready', 'success')}${badge('Partial', 'warning')}${badge('Failed', 'danger')}${badge('not in Glue', 'info')}${copyButton('text', 'Copy it')}</div>`,
  )}${sheetOf(
    'Notices',
    html`<div class="fields">${notice({ tone: 'danger', title: 'Not saved.', body: 'One field needs a change.' })}${notice({ tone: 'warning', title: 'Scans is not answering.', body: 'Next try in 20 s.' })}${notice({ tone: 'success', title: 'Sync finished.', body: '38 new files, 2 gone.' })}${notice({ tone: 'info', title: 'Statistics are partial.', body: 'Exact values in about 2 min.' })}</div>`,
  )}${(['compact', 'default', 'roomy'] as const).map((density) =>
    sheetOf(
      density,
      html`<div class="panel">${dataTable({
        caption: `Makers, ${density}`,
        density,
        columns: [
          { label: 'maker', kind: 'key' },
          { label: 'year', kind: 'numeric' },
          { label: 'photo', kind: 'file' },
        ],
        rows: [
          { cells: [html`<a href="#">Edvard Lind</a>`, '1904', fileCell({ state: 'file', file: jug })] },
          { cells: [html`<a href="#">Astrid Holm</a>`, '1913', nullCell] },
        ],
      })}</div>`,
    ),
  )}</div>`,
}

export const LIBRARY: PageContent = {
  title: 'Photographs',
  lede: '10,482 files, 214 GB in a folder',
  crumbs: [{ label: 'Files', href: '#' }, { label: 'Photographs' }],
  section: 'files',
  width: 'full',
  body: html`<div class="with-uploads"><div>${fileTiles(Object.values(FILES))}${pager({ text: '1–8 of 10,482', firstHref: null, nextHref: '#', bare: true })}</div>${uploader({ urls, source: 'photos', label: 'Photographs', accept: 'image/*', maxSize: 100_000_000, note: 'Images, up to 100 MB each.' })}</div>`,
}

export const COLLECTION: PageContent = {
  title: 'Visitors',
  lede: '3 datasets',
  crumbs: [{ label: 'Datasets', href: '#' }, { label: 'Visitors' }],
  section: 'datasets',
  body: datasetUploader(
    { urls, organization: '550e8400-e29b-41d4-a716-446655440000', collection: 'visitors', label: 'Visitors' },
    html`<div class="panel panel-body"><p>Uploading on this page needs scripts.</p></div>`,
  ),
}

export const GALLERY: Readonly<Record<string, PageContent>> = {
  table: TABLE,
  row: ROW,
  file: FILE,
  states: STATES,
  'not-found': NOT_FOUND,
  parts: PARTS,
  library: LIBRARY,
  collection: COLLECTION,
}

export async function galleryPage(name: string, frame: Partial<PageFrame> = {}): Promise<string | null> {
  const content = GALLERY[name]
  return content ? String(await renderPage({ ...FRAME, ...frame, path: `/${name}`, ...content })) : null
}
