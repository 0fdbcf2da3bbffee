/** The size in which scenes are drawn; the photograph scales them. */
export const WIDTH = 1200
export const HEIGHT = 900

/** A photographer's paper background with light from the upper left, and a shadow under what stands on it. */
export function stage(content: string, { paper = '#c9cdcf', floor = 690, shadow = 260 } = {}): string {
  return `<defs>
    <linearGradient id="wall" x1="0" y1="0" x2="1" y2="1">
      <stop offset="0" stop-color="#fff" stop-opacity=".55"/><stop offset="1" stop-color="#000" stop-opacity=".3"/>
    </linearGradient>
    <radialGradient id="shade"><stop offset="0" stop-color="#000" stop-opacity=".5"/><stop offset="1" stop-color="#000" stop-opacity="0"/></radialGradient>
    <linearGradient id="round" x1="0" x2="1">
      <stop offset="0" stop-color="#fff" stop-opacity=".1"/><stop offset=".25" stop-color="#fff" stop-opacity=".4"/>
      <stop offset=".55" stop-color="#000" stop-opacity=".05"/><stop offset="1" stop-color="#000" stop-opacity=".55"/>
    </linearGradient>
  </defs>
  <rect width="${WIDTH}" height="${HEIGHT}" fill="${paper}"/>
  <rect width="${WIDTH}" height="${HEIGHT}" fill="url(#wall)"/>
  <ellipse cx="640" cy="${floor}" rx="${shadow * 1.25}" ry="${shadow * 0.2}" fill="url(#shade)"/>
  ${content}`
}

/** A flat thing photographed from above, with the shadow of its edge. */
export function flat(content: string, paper = '#8f9496'): string {
  return `<rect width="${WIDTH}" height="${HEIGHT}" fill="${paper}"/>
  <radialGradient id="lamp" cx=".35" cy=".3" r=".9"><stop offset="0" stop-color="#fff" stop-opacity=".3"/><stop offset="1" stop-color="#000" stop-opacity=".35"/></radialGradient>
  ${content}
  <rect width="${WIDTH}" height="${HEIGHT}" fill="url(#lamp)"/>`
}
