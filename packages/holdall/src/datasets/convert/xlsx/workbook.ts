import { formatNumber } from '../../../web/format.ts'
import { MAX_SHARED_TEXT_BYTES, MAX_SHARED_TEXTS, MAX_SHEET_BYTES, MAX_STYLES_BYTES } from '../limits.ts'
import { CannotConvert, type Sheet } from '../refusal.ts'
import type { Archive } from './archive.ts'
import { type NumberKind, numberKind } from './dates.ts'
import { readXml } from './xml.ts'

export interface Workbook {
  /** In their order. */
  readonly sheets: readonly (Sheet & { readonly path: string })[]
  readonly is1904: boolean
  /** Of each style of a cell. */
  readonly kinds: readonly NumberKind[]
  readonly texts: readonly string[]
}

const MIB = 1024 * 1024

/** What the cells of all sheets refer to. */
export async function readWorkbook(archive: Archive): Promise<Workbook> {
  const path =
    (await relationsOf(archive, '')).find(({ type }) => type.endsWith('/officeDocument'))?.target ?? 'xl/workbook.xml'
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const relations = await relationsOf(archive, path)
  const found: { name: string; id: string; hidden: boolean }[] = []
  let is1904 = false
  await readXml(archive.read(path, MAX_STYLES_BYTES), {
    open(name, attributes) {
      if (name === 'workbookPr') is1904 = /^(?:1|true)$/.test(attributes.date1904 ?? '')
      if (name !== 'sheet') return
      const hidden = (attributes.state ?? 'visible') !== 'visible'
      const id = Object.entries(attributes).find(([key]) => key === 'id' || key.endsWith(':id'))?.[1] ?? ''
      found.push({ name: attributes.name ?? '', id, hidden })
    },
  })
  const sheets = found.flatMap(({ name, id, hidden }) => {
    const relation = relations.find((one) => one.id === id && one.type.endsWith('/worksheet'))
    return relation === undefined ? [] : [{ name, hidden, path: relation.target }]
  })
  const pathOf = (type: string, name: string) =>
    relations.find((one) => one.type.endsWith(`/${type}`))?.target ?? `${folder}${name}`
  return {
    sheets,
    is1904,
    kinds: await stylesOf(archive, pathOf('styles', 'styles.xml')),
    texts: await textsOf(archive, pathOf('sharedStrings', 'sharedStrings.xml')),
  }
}

interface Relation {
  readonly id: string
  readonly type: string
  /** From the root of the archive. */
  readonly target: string
}

async function relationsOf(archive: Archive, path: string): Promise<Relation[]> {
  const slash = path.lastIndexOf('/') + 1
  const [folder, name] = [path.slice(0, slash), path.slice(slash)]
  const relations: Relation[] = []
  const file = `${folder}_rels/${name}.rels`
  if (!archive.has(file)) return relations
  await readXml(archive.read(file, MAX_STYLES_BYTES), {
    open(name, { Id = '', Type = '', Target = '' }) {
      if (name === 'Relationship') relations.push({ id: Id, type: Type, target: absolute(folder, Target) })
    },
  })
  return relations
}

function absolute(folder: string, target: string): string {
  return decodeURI(new URL(encodeURI(target), `file:///${encodeURI(folder)}`).pathname).slice(1)
}

async function stylesOf(archive: Archive, path: string): Promise<NumberKind[]> {
  const kinds: NumberKind[] = []
  if (!archive.has(path)) return kinds
  const formats = new Map<number, string>()
  let inCells = false
  await readXml(archive.read(path, MAX_STYLES_BYTES), {
    open(name, attributes) {
      if (name === 'numFmt') formats.set(Number(attributes.numFmtId), attributes.formatCode ?? '')
      if (name === 'cellXfs') inCells = true
      if (name !== 'xf' || !inCells) return
      const id = Number(attributes.numFmtId ?? 0)
      kinds.push(numberKind(id, formats.get(id)))
    },
    close(name) {
      if (name === 'cellXfs') inCells = false
    },
  })
  return kinds
}

/** The texts that cells share. They are all held, since cells refer to any of them at any time. */
async function textsOf(archive: Archive, path: string): Promise<string[]> {
  const texts: string[] = []
  if (!archive.has(path)) return texts
  let text = ''
  let held = 0
  let takes = false
  let isSound = false
  await readXml(archive.read(path, MAX_SHEET_BYTES), {
    open(name) {
      if (name === 'si') text = ''
      if (name === 'rPh') isSound = true
      takes = name === 't' && !isSound
    },
    text(piece) {
      if (!takes) return
      text += piece
      held += piece.length
      if (held > MAX_SHARED_TEXT_BYTES) {
        throw new CannotConvert(
          `its texts are more than ${formatNumber(MAX_SHARED_TEXT_BYTES / MIB)} MiB. Save it as CSV and upload that`,
        )
      }
    },
    close(name) {
      takes = false
      if (name === 'rPh') isSound = false
      if (name !== 'si') return
      if (texts.length === MAX_SHARED_TEXTS) {
        throw new CannotConvert(
          `it has more than ${formatNumber(MAX_SHARED_TEXTS)} texts. Save it as CSV and upload that`,
        )
      }
      texts.push(text)
    },
  })
  return texts
}
