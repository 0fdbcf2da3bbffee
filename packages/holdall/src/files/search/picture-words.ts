/** What a camera wrote of itself and of whoever held it. The view `datasette_files_more_words` names the same. */
const EXIF = ['description', 'comment', 'artist', 'copyright', 'make', 'model']

/** What stands in a picture beside what is seen, as one text: what search finds it by. Never where it was taken. */
export function pictureWords({ exif, iptc }: Readonly<Record<string, unknown>>): string {
  const camera = asObject(exif)
  return [...Object.values(asObject(iptc)).flat(), ...EXIF.map((name) => camera[name])]
    .filter((value) => typeof value === 'string')
    .join(' · ')
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}
