import { typeLabel } from '@holdall/elements/shared'

const SHEET = 'M76 42h32l20 20v44a4 4 0 0 1-4 4H76a4 4 0 0 1-4-4V46a4 4 0 0 1 4-4zM107 43v20h20'
const STRUCK_SHEET = 'M84 42h24l20 20v34M126 108a4 4 0 0 1-4 2H76a4 4 0 0 1-4-4V54M62 38l76 76'

/**
 * A sheet with the type's name, for files of which there is no picture; of one that is missing, a sheet that is struck
 * through and says so. It follows the theme of the system.
 */
export function typeIcon(contentType: string, filename: string, isMissing = false): string {
  if (isMissing) return sheet('Missing file', STRUCK_SHEET, 'MISSING')
  const label = typeLabel(contentType, filename).replace(/[^A-Za-z0-9]/g, '')
  return sheet(`${label} file`, SHEET, label)
}

function sheet(title: string, path: string, label: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200" viewBox="0 0 200 200" role="img">
<title>${title}</title>
<style>.mat{fill:#e4e8ea}.ink{fill:none;stroke:#515a60}.name{fill:#515a60}@media(prefers-color-scheme:dark){.mat{fill:#0a0c0d}.ink{stroke:#a6aeb3}.name{fill:#a6aeb3}}</style>
<rect class="mat" width="200" height="200"/>
<path class="ink" stroke-width="5" stroke-linejoin="round" stroke-linecap="round" d="${path}"/>
<text class="name" x="100" y="152" text-anchor="middle" font-family="system-ui,sans-serif" font-size="30" font-weight="600" letter-spacing="1">${label}</text>
</svg>
`
}
