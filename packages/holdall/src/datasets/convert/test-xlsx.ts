import { crc32, deflateRawSync } from 'node:zlib'

/** A ZIP of these files. */
export function zip(files: Readonly<Record<string, string | Buffer>>): Buffer {
  const parts: Buffer[] = []
  const central: Buffer[] = []
  let offset = 0
  for (const [name, contents] of Object.entries(files)) {
    const bytes = Buffer.from(contents)
    const packed = deflateRawSync(bytes, { level: 1 })
    const path = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(8, 4)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(packed.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(path.length, 22)
    parts.push(Buffer.from('PK\x03\x04', 'latin1'), common, path, packed)
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(offset, 10)
    central.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), common, rest, path)
    offset += 4 + common.length + path.length + packed.length
  }
  const directory = Buffer.concat(central)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 'latin1')
  end.writeUInt16LE(Object.keys(files).length, 8)
  end.writeUInt16LE(Object.keys(files).length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...parts, directory, end])
}

/** A cell as it stands in a sheet's XML; strings are shared texts. */
export type TestCell = string | number | boolean | null | { readonly xml: string }

const NAMESPACE = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006/relationships'
const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'

/** Styles of the files that are made here: 1 is a day, 2 a day with its time, 3 a time, 4 what has gone by. */
const STYLES = `${HEAD}<styleSheet xmlns="${NAMESPACE}"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/><numFmt numFmtId="165" formatCode="[h]:mm"/></numFmts><cellXfs count="5"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="21"/><xf numFmtId="165"/></cellXfs></styleSheet>`

export interface TestSheet {
  readonly name: string
  readonly rows: Iterable<readonly TestCell[]>
  readonly hidden?: boolean
}

/** An Excel file. @param more files of it, in the place of those that there would be */
export function xlsx(sheets: readonly TestSheet[], more: Readonly<Record<string, string>> = {}): Buffer {
  const texts = new Map<string, number>()
  const parts: Record<string, string | Buffer> = {}
  for (const [at, { rows }] of sheets.entries()) {
    const chunks: Buffer[] = []
    let xml = `${HEAD}<worksheet xmlns="${NAMESPACE}"><dimension ref="A1"/><sheetData>`
    let number = 0
    for (const row of rows) {
      number += 1
      xml += `<row r="${number}">${row.map((cell, column) => cellXml(cell, `${letters(column)}${number}`, texts)).join('')}</row>`
      if (xml.length > 1_000_000) {
        chunks.push(Buffer.from(xml))
        xml = ''
      }
    }
    chunks.push(Buffer.from(`${xml}</sheetData></worksheet>`))
    parts[`xl/worksheets/sheet${at + 1}.xml`] = Buffer.concat(chunks)
  }
  return zip({
    '_rels/.rels': `${HEAD}<Relationships xmlns="${PACKAGE}"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `${HEAD}<workbook xmlns="${NAMESPACE}" xmlns:r="${RELATIONS}"><sheets>${sheets
      .map(
        ({ name, hidden }, at) =>
          `<sheet name="${escaped(name)}" sheetId="${at + 1}" r:id="rId${at + 1}"${hidden ? ' state="hidden"' : ''}/>`,
      )
      .join('')}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `${HEAD}<Relationships xmlns="${PACKAGE}">${sheets
      .map(
        (_, at) =>
          `<Relationship Id="rId${at + 1}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${at + 1}.xml"/>`,
      )
      .join('')}<Relationship Id="rIdS" Type="${RELATIONS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>`,
    'xl/styles.xml': STYLES,
    'xl/sharedStrings.xml': `${HEAD}<sst xmlns="${NAMESPACE}">${[...texts.keys()].map((text) => `<si><t xml:space="preserve">${escaped(text)}</t></si>`).join('')}</sst>`,
    ...parts,
    ...more,
  })
}

function cellXml(cell: TestCell, reference: string, texts: Map<string, number>): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return `<c r="${reference}"><v>${cell}</v></c>`
  if (typeof cell === 'boolean') return `<c r="${reference}" t="b"><v>${Number(cell)}</v></c>`
  if (typeof cell === 'object') return cell.xml.replace('<c', `<c r="${reference}"`)
  const index = texts.get(cell) ?? texts.size
  texts.set(cell, index)
  return `<c r="${reference}" t="s"><v>${index}</v></c>`
}

function letters(column: number): string {
  const rest = Math.floor(column / 26)
  return `${rest === 0 ? '' : letters(rest - 1)}${String.fromCharCode(65 + (column % 26))}`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
