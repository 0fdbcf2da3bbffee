import type { Random } from '../random.ts'
import { flat, HEIGHT, stage, WIDTH } from './stage.ts'

function sail(x: number, top: number, bottom: number, width: number, colour: string): string {
  return `<path d="M${x} ${top} Q${x + width * 1.15} ${(top + bottom) / 2} ${x + width} ${bottom} L${x} ${bottom - 14} Z" fill="${colour}" stroke="#6b604c" stroke-width="2"/>`
}

export function shipModel(random: Random): string {
  const hull = random.pick(['#3c2a1d', '#1f2d3a', '#5b1f1a', '#2e3b2b'])
  const canvas = random.pick(['#e8dfc8', '#c8a27a', '#f0ece0'])
  const masts = random.pick([
    [520, 700],
    [450, 600, 750],
  ])
  const rig = masts.map((x, index) => {
    const top = 170 + index * 26
    return `<path d="M${x} ${top - 40} V600" stroke="#5a4027" stroke-width="9"/>${sail(x + 6, top, 360, 120, canvas)}${sail(x + 6, 376, 560, 140, canvas)}
      <path d="M${x} ${top - 30} L350 585 M${x} ${top - 30} L880 585" stroke="#3a3228" stroke-width="1.5"/>`
  })
  return stage(`
    <path d="M470 690 h60 v-70 h-60Z M680 690 h60 v-70 h-60Z" fill="#4a3423"/>
    ${rig.join('')}<path d="M330 575 L250 545" stroke="#5a4027" stroke-width="8"/>${sail(300, 300, 560, 120, canvas)}
    <path d="M320 570 Q600 610 900 560 Q890 660 800 668 L430 668 Q350 650 320 570Z" fill="${hull}"/>
    <path d="M322 585 Q600 625 898 576" stroke="#d8c9a0" stroke-width="5" fill="none"/>
    <path d="M350 636 Q600 664 866 632" stroke="#7e2a20" stroke-width="14" fill="none"/>`)
}

/** A harbour in black and white, as an old photograph has it. */
export function harbour(random: Random): string {
  const hills = `M0 ${random.between(300, 360)} Q300 ${random.between(220, 300)} 620 340 T1200 ${random.between(270, 330)} V520 H0Z`
  const houses = Array.from({ length: 13 }, (_, index) => {
    const x = index * 96 - 20 + random.between(-12, 12)
    const height = random.between(60, 130)
    const shade = random.between(70, 190)
    const windows = [0, 1, 2].map(
      (column) => `<rect x="${x + 14 + column * 26}" y="${500 - height + 26}" width="10" height="15" fill="#222"/>`,
    )
    return `<rect x="${x}" y="${500 - height}" width="92" height="${height}" fill="rgb(${shade},${shade},${shade})"/><path d="M${x - 5} ${500 - height} l51 -42 51 42Z" fill="#3d3d3d"/>${windows.join('')}`
  })
  const boats = Array.from({ length: random.between(3, 5) }, (_, index) => {
    const x = 90 + index * 240 + random.between(-30, 30)
    const y = 600 + random.between(0, 120)
    return `<path d="M${x} ${y - 260} V${y}" stroke="#1c1c1c" stroke-width="7"/><path d="M${x} ${y - 250} L${x - 90} ${y - 10} M${x} ${y - 250} L${x + 110} ${y - 10}" stroke="#333" stroke-width="2"/>
      <path d="M${x + 5} ${y - 220} l90 190 h-90Z" fill="#bdbdbd"/><path d="M${x - 110} ${y - 20} q110 30 240 -6 q-10 60 -60 64 h-120 q-50 -8 -60 -58Z" fill="#262626"/>`
  })
  const ripples = Array.from({ length: 46 }, () => {
    const x = random.between(0, 1150)
    const y = random.between(530, 880)
    return `<path d="M${x} ${y} q20 -5 ${random.between(30, 110)} 0" stroke="#e6e6e6" stroke-opacity=".5" stroke-width="2" fill="none"/>`
  })
  const people = Array.from({ length: random.between(2, 7) }, () => {
    const x = random.between(60, 1140)
    return `<circle cx="${x}" cy="${478}" r="6" fill="#151515"/><path d="M${x - 7} 512 v-24 q7 -9 14 0 v24Z" fill="#151515"/>`
  })
  return `<linearGradient id="sky" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="#a9a9a9"/><stop offset="1" stop-color="#ececec"/></linearGradient>
    <rect width="${WIDTH}" height="${HEIGHT}" fill="#8a8a8a"/><rect width="${WIDTH}" height="520" fill="url(#sky)"/>
    <path d="${hills}" fill="#9d9d9d"/><path d="M905 500 V250 l28 -70 28 70 V500Z" fill="#6c6c6c"/>${houses.join('')}
    <rect y="500" width="${WIDTH}" height="26" fill="#4a4a4a"/>${people.join('')}${ripples.join('')}${boats.join('')}
    <rect x="0" y="0" width="${WIDTH}" height="${HEIGHT}" fill="none" stroke="#f2f0ea" stroke-width="56"/>`
}

export function chart(random: Random): string {
  const coast = Array.from(
    { length: 26 },
    (_, index) => `${200 + index * 33},${420 + Math.sin(index * 0.7) * 60 + random.between(-34, 34)}`,
  )
  const soundings = Array.from({ length: 70 }, () => {
    const x = random.between(180, 1020)
    const y = random.between(120, 360)
    return `<path d="M${x} ${y} q4 -8 8 0 t8 0 m4 0 v-8 l-4 6 h7" stroke="#4b3d2c" stroke-width="1.6" fill="none"/>`
  })
  const rays = Array.from(
    { length: 16 },
    (_, index) =>
      `<path d="M860 640 l${Math.cos((index * Math.PI) / 8) * 700} ${Math.sin((index * Math.PI) / 8) * 700}" stroke="#8a5f4a" stroke-opacity=".4" stroke-width="1.4"/>`,
  )
  return flat(`
    <rect x="132" y="72" width="960" height="780" fill="#000" fill-opacity=".4"/><rect x="120" y="60" width="960" height="780" fill="#e6dabb"/>
    <clipPath id="sheet"><rect x="144" y="84" width="912" height="732"/></clipPath>
    <g clip-path="url(#sheet)">${rays.join('')}<polygon points="144,816 144,500 ${coast.join(' ')} 1056,470 1056,816" fill="#cdb98c" stroke="#4b3d2c" stroke-width="4"/>
    <ellipse cx="${random.between(320, 700)}" cy="240" rx="70" ry="36" fill="#cdb98c" stroke="#4b3d2c" stroke-width="3"/>${soundings.join('')}</g>
    <path d="M860 540 l18 82 82 18 -82 18 -18 82 -18 -82 -82 -18 82 -18Z" fill="#4b3d2c"/>
    <rect x="144" y="84" width="912" height="732" fill="none" stroke="#4b3d2c" stroke-width="3"/>
    <path d="M360 60 V840 M600 60 V840 M840 60 V840 M120 450 H1080" stroke="#8b7b58" stroke-opacity=".6" stroke-width="3"/>`)
}

export function lantern(random: Random): string {
  const glass = random.pick(['#e6d9a8', '#b5362c', '#2f7a4f', '#dfe5e2'])
  const metal = random.pick(['#8a6234', '#5d6468', '#6f4a2a'])
  return stage(`
    <path d="M500 240 Q600 60 700 240" fill="none" stroke="#3a3a3a" stroke-width="10"/>
    <path d="M510 260 h180 l30 60 h-240Z" fill="${metal}"/><rect x="560" y="200" width="80" height="66" rx="14" fill="${metal}"/>
    <rect x="490" y="320" width="220" height="280" rx="26" fill="${glass}"/><ellipse cx="600" cy="500" rx="40" ry="70" fill="#fff3c4" fill-opacity=".7"/>
    <path d="M490 380 h220 M490 460 h220 M490 540 h220 M545 320 v280 M655 320 v280" stroke="#3d3d3d" stroke-width="6" fill="none"/>
    <path d="M470 600 h260 l20 90 h-300Z" fill="${metal}"/><rect x="490" y="320" width="220" height="280" rx="26" fill="url(#round)" opacity=".6"/><path d="M470 600 h260 l20 90 h-300Z M510 260 h180 l30 60 h-240Z" fill="url(#round)" opacity=".7"/>`)
}
