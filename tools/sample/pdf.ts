const PAGE_WIDTH = 595
const PAGE_HEIGHT = 842
const MARGIN = 64
const LEADING = 17
const LINE_CHARACTERS = 84

/** A PDF of one page: a heading and paragraphs in Helvetica. What does not fit on the page is an error. */
export function writePdf(title: string, paragraphs: readonly string[]): Buffer {
  const lines = paragraphs.flatMap((paragraph) => [...wrap(paragraph), ''])
  if (lines.length * LEADING > PAGE_HEIGHT - 3 * MARGIN)
    throw new Error(`${title}: ${lines.length} lines are too many.`)
  const content = [
    `BT /F2 17 Tf ${MARGIN} ${PAGE_HEIGHT - MARGIN} Td ${literal(title)} Tj ET`,
    `BT /F1 10.5 Tf ${LEADING} TL ${MARGIN} ${PAGE_HEIGHT - MARGIN - 2 * LEADING} Td`,
    ...lines.map((line) => `${literal(line)} Tj T*`),
    'ET',
  ].join('\n')
  const font = (name: string): string =>
    `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE_WIDTH} ${PAGE_HEIGHT}] /Contents 4 0 R /Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>`,
    `<< /Length ${encode(content).length} >>\nstream\n${content}\nendstream`,
    font('Helvetica'),
    font('Helvetica-Bold'),
    `<< /Title ${literal(title)} /Author (Skerholm Museum) >>`,
  ]
  let file = '%PDF-1.4\n'
  const offsets = objects.map((object, index) => {
    const offset = encode(file).length
    file += `${index + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const table = encode(file).length
  file += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`
  file += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info ${objects.length} 0 R >>\nstartxref\n${table}\n%%EOF\n`
  return encode(file)
}

function wrap(paragraph: string): string[] {
  const lines = ['']
  for (const word of paragraph.split(' ')) {
    const line = lines.at(-1) as string
    if (line !== '' && line.length + word.length >= LINE_CHARACTERS) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

function literal(text: string): string {
  return `(${text.replace(/[\\()]/g, '\\$&')})`
}

/** WinAnsi is Latin-1 with typographic marks where Latin-1 has control characters. */
function encode(text: string): Buffer {
  return Buffer.from(text.replaceAll('’', '\x92').replaceAll('–', '\x96').replaceAll('—', '\x97'), 'latin1')
}
