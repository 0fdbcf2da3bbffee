import type { Random } from '../random.ts'
import { flat, stage } from './stage.ts'

const GLAZES = ['#9a6a3f', '#6d7b86', '#b08d57', '#7b5a40', '#d8cfb8', '#54697a']
const INKS = ['#27416b', '#3a4f2f', '#5a2d1e', '#1f3557']

export function jug(random: Random): string {
  const glaze = random.pick(GLAZES)
  const ink = random.pick(INKS)
  const belly = random.between(150, 200)
  const neck = random.between(70, 100)
  const top = random.between(200, 270)
  const body = `M${600 - neck} ${top} C${600 - neck} ${top + 130} ${600 - belly} ${top + 150} ${600 - belly} 500
    C${600 - belly} 610 ${530} 660 ${530} 690 L670 690 C670 660 ${600 + belly} 610 ${600 + belly} 500
    C${600 + belly} ${top + 150} ${600 + neck} ${top + 130} ${600 + neck} ${top} Z`
  const bands = [430, 450, 570].map(
    (y) => `<path d="M380 ${y} Q600 ${y + 34} 820 ${y}" stroke="${ink}" stroke-width="7" fill="none"/>`,
  )
  const fish = Array.from({ length: 5 }, (_, index) => {
    const x = 440 + index * 80
    const y = 508 + Math.sin(index * 0.8) * 12
    return `<path d="M${x - 30} ${y} q22 -22 46 0 l14 -11 v22 l-14 -11 q-24 22 -46 0Z" fill="${ink}"/>`
  })
  return stage(`
    <path d="M${600 + neck - 8} ${top + 30} C${840 + belly / 4} ${top + 10} ${820 + belly / 4} 520 ${600 + belly - 30} 540" fill="none" stroke="${glaze}" stroke-width="34"/>
    <path d="M${600 + neck - 8} ${top + 30} C${840 + belly / 4} ${top + 10} ${820 + belly / 4} 520 ${600 + belly - 30} 540" fill="none" stroke="#000" stroke-opacity=".3" stroke-width="12"/>
    <clipPath id="body"><path d="${body}"/></clipPath>
    <g clip-path="url(#body)"><rect x="300" y="100" width="620" height="640" fill="${glaze}"/>${bands.join('')}${fish.join('')}
      <rect x="${600 - belly}" y="100" width="${belly * 2}" height="640" fill="url(#round)"/></g>
    <ellipse cx="600" cy="${top}" rx="${neck}" ry="20" fill="#2c241d"/>
    <ellipse cx="600" cy="${top}" rx="${neck}" ry="20" fill="none" stroke="${glaze}" stroke-width="9"/>
    <path d="M${600 - neck} ${top} q-46 -6 -54 -34 q30 -4 70 14Z" fill="${glaze}"/>`)
}

export function bowl(random: Random): string {
  const glaze = random.pick(GLAZES)
  const ink = random.pick(INKS)
  const rings = [220, 160, 96].map(
    (rx) =>
      `<ellipse cx="600" cy="410" rx="${rx}" ry="${rx * 0.3}" fill="none" stroke="${ink}" stroke-width="7" stroke-dasharray="${random.pick(['none', '26 12', '8 14'])}"/>`,
  )
  return stage(`
    <clipPath id="body"><path d="M300 400 C320 610 470 680 520 690 L680 690 C730 680 880 610 900 400 Z"/></clipPath>
    <g clip-path="url(#body)"><rect x="290" y="380" width="620" height="320" fill="${glaze}"/><rect x="290" y="380" width="620" height="320" fill="url(#round)"/></g>
    <ellipse cx="600" cy="400" rx="300" ry="96" fill="${glaze}"/><ellipse cx="600" cy="406" rx="282" ry="86" fill="#000" fill-opacity=".22"/>
    ${rings.join('')}`)
}

export function tile(random: Random): string {
  const ink = random.pick(['#24467f', '#2f5aa0', '#4a2d5c'])
  const corner = (x: number, y: number): string =>
    `<path d="M${x} ${y} q38 4 44 44 q-40 -6 -44 -44Z m0 0 q60 -18 66 22 M${x} ${y} q-18 60 22 66" fill="${ink}" fill-opacity=".85" stroke="${ink}" stroke-width="5" transform="rotate(${Math.atan2(450 - y, 600 - x) * (180 / Math.PI) - 45} ${x} ${y})"/>`
  const motifs = [
    `<path d="M470 520 q130 90 270 0 l-26 60 q-110 50 -218 0Z" fill="${ink}"/><path d="M600 310 v220 M600 320 l92 150 h-92 M588 340 l-84 130 h84" stroke="${ink}" stroke-width="7" fill="${ink}" fill-opacity=".3"/>`,
    `<path d="M560 590 l24 -190 h32 l24 190Z" fill="${ink}" fill-opacity=".6"/><path d="M600 400 l-120 -90 M600 400 l120 -90 M600 400 l-110 96 M600 400 l110 96" stroke="${ink}" stroke-width="16"/>`,
    `<path d="M470 560 q6 -120 110 -120 h70 q20 -70 70 -50 l34 34 -44 22 q-8 60 -30 114 h-22 l-6 -60 h-96 l-14 60 h-22 l4 -66 q-40 20 -54 66Z" fill="${ink}"/>`,
  ]
  const waves = Array.from(
    { length: 4 },
    (_, index) =>
      `<path d="M430 ${596 + index * 14} q40 -16 84 0 t84 0 t84 0 t84 0" stroke="${ink}" stroke-width="4" fill="none"/>`,
  )
  return flat(`
    <rect x="262" y="112" width="690" height="690" fill="#000" fill-opacity=".35" rx="4"/>
    <rect x="250" y="100" width="690" height="690" fill="#e9e6da" rx="4"/>
    ${corner(272, 122)}${corner(918, 122)}${corner(272, 768)}${corner(918, 768)}
    <circle cx="595" cy="445" r="270" fill="none" stroke="${ink}" stroke-width="5"/>
    ${random.pick(motifs)}${waves.join('')}
    <path d="M${random.between(280, 400)} 100 L${random.between(420, 520)} 430 L${random.between(300, 480)} 790" stroke="#7b766a" stroke-width="3" fill="none"/>
    <path d="M250 ${random.between(640, 720)} l34 50 -34 40Z" fill="#b98d66"/>`)
}
