import type { Random } from '../random.ts'
import { flat } from './stage.ts'

export function coin(random: Random): string {
  const metal = random.pick(['#b7b9b6', '#9b6b43', '#a8854d'])
  const beads = Array.from({ length: 60 }, (_, index) => {
    const angle = (index / 60) * Math.PI * 2
    return `<circle cx="${600 + Math.cos(angle) * 268}" cy="${450 + Math.sin(angle) * 268}" r="7" fill="#000" fill-opacity=".3"/>`
  })
  const motif = random.pick([
    'M600 290 a70 84 0 0 1 60 96 q30 20 20 60 l-26 10 q0 60 -30 64 q60 20 80 80 h-260 q20 -80 90 -90 q-30 -40 -24 -110 q-10 -110 90 -110Z',
    'M600 260 v300 M540 320 h120 M470 480 q10 110 130 110 q120 0 130 -110 M450 500 l22 -34 26 30 M750 500 l-22 -34 -26 30',
    'M470 590 v-180 l60 60 70 -110 70 110 60 -60 v180Z M470 620 h260',
  ])
  const scratches = Array.from(
    { length: 30 },
    () =>
      `<path d="M${random.between(360, 820)} ${random.between(220, 680)} l${random.between(-60, 60)} ${random.between(-30, 30)}" stroke="#000" stroke-opacity=".13" stroke-width="2"/>`,
  )
  return flat(
    `<circle cx="616" cy="470" r="312" fill="#000" fill-opacity=".45"/><circle cx="600" cy="450" r="310" fill="${metal}"/>
    <circle cx="600" cy="450" r="292" fill="none" stroke="#000" stroke-opacity=".3" stroke-width="6"/>${beads.join('')}
    <path d="${motif}" fill="#fff" fill-opacity=".22" stroke="#000" stroke-opacity=".45" stroke-width="9" stroke-linejoin="round"/>${scratches.join('')}
    ${random.chance(0.4) ? '<circle cx="600" cy="196" r="22" fill="#23282b"/>' : ''}`,
    random.pick(['#23282b', '#394046', '#5a5650']),
  )
}

export function spoon(random: Random): string {
  const tilt = random.between(-28, -12)
  return flat(
    `<g transform="rotate(${tilt} 600 450)"><path d="M300 462 Q200 390 300 380 Q420 380 450 432 L930 420 Q1000 410 1000 444 Q1000 478 930 468 L450 450 Q420 520 300 462Z" transform="translate(12 20)" fill="#000" fill-opacity=".5"/>
    <path d="M240 430 Q240 350 340 352 Q440 360 466 430 L930 418 Q1000 408 1000 440 Q1000 472 930 462 L466 450 Q440 520 340 526 Q240 520 240 430Z" fill="#c4c6c4"/>
    <ellipse cx="345" cy="438" rx="86" ry="66" fill="#6f7476"/><ellipse cx="325" cy="418" rx="52" ry="32" fill="#eceeed" fill-opacity=".8"/>
    <path d="M500 434 L900 426" stroke="#fff" stroke-opacity=".8" stroke-width="5"/><path d="M940 426 q30 14 0 28 m20 -24 q20 10 0 20" stroke="#5f6365" stroke-width="4" fill="none"/></g>`,
    random.pick(['#2e2a33', '#3b4348', '#574b3e']),
  )
}

export function fern(random: Random): string {
  const green = random.pick(['#4b5b2c', '#5c5a2e', '#3e5636'])
  const lean = random.between(-60, 60)
  const fronds = Array.from({ length: 22 }, (_, index) => {
    const part = index / 22
    const y = 740 - part * 560
    const x = 560 + lean * part * part * 2
    const length = 200 * Math.sin(Math.PI * (0.16 + part * 0.8))
    const leaf = (side: number): string =>
      `<path d="M${x} ${y} q${side * length * 0.5} ${-length * 0.5} ${side * length} ${-length * 0.22} q${-side * length * 0.5} ${length * 0.2} ${-side * length} ${length * 0.22}Z" fill="${green}" fill-opacity="${0.75 + random.next() * 0.25}"/>`
    return leaf(1) + leaf(-1)
  })
  const label = Array.from(
    { length: 5 },
    (_, index) =>
      `<path d="M770 ${690 + index * 22} q14 -12 26 0 t26 0 t26 0 t26 0 t${random.between(8, 26)} 0" stroke="#3a2c1c" stroke-width="2.4" fill="none"/>`,
  )
  return flat(`
    <rect x="272" y="62" width="690" height="806" fill="#000" fill-opacity=".35"/><rect x="260" y="50" width="690" height="806" fill="#e9e1cb"/>
    <path d="M560 800 Q560 ${500} ${560 + lean * 2} 170" stroke="${green}" stroke-width="8" fill="none"/>${fronds.join('')}
    <path d="M500 640 h120 M520 420 h130" stroke="#f6f1e2" stroke-width="16"/><rect x="740" y="656" width="180" height="150" fill="#f4eedb" stroke="#b9ad8e" stroke-width="2"/>${label.join('')}`)
}

export function letter(random: Random): string {
  const lines = Array.from({ length: 21 }, (_, index) => {
    const y = 190 + index * 29
    let line = `M320 ${y}`
    for (let x = 320; x < 860 - random.between(0, index % 7 === 6 ? 320 : 40); ) {
      const width = random.between(8, 16)
      line += ` q${width / 2} ${-random.between(6, 17)} ${width} 0`
      x += width
      if (random.chance(0.2)) {
        line += ' m11 0'
        x += 11
      }
    }
    return `<path d="${line}" stroke="#3b2a1a" stroke-opacity="${0.6 + random.next() * 0.35}" stroke-width="2.6" fill="none"/>`
  })
  return flat(`
    <g transform="rotate(${random.between(-3, 3)} 600 450)"><rect x="272" y="82" width="660" height="766" fill="#000" fill-opacity=".4"/><rect x="260" y="70" width="660" height="766" fill="#e8d9b5"/>
    <path d="M260 324 H920 M260 580 H920 M590 70 V836" stroke="#b8a578" stroke-width="4" stroke-opacity=".7"/>${lines.join('')}
    <circle cx="850" cy="780" r="38" fill="#8e2320"/><path d="M850 758 v40 m-16 -26 h32 m-34 16 q18 26 36 0" stroke="#5e1412" stroke-width="5" fill="none"/>
    <ellipse cx="${random.between(380, 760)}" cy="${random.between(240, 700)}" rx="70" ry="48" fill="#a07b3f" fill-opacity=".25"/></g>`)
}

export function textile(random: Random): string {
  const colours = random.pick([
    ['#7c2222', '#e3d6b8', '#28405c'],
    ['#32503f', '#d9c48d', '#7c2222'],
    ['#25334d', '#d9d4c4', '#a5672c'],
  ]) as [string, string, string]
  const cells: string[] = []
  const size = 24
  const step = random.between(5, 9)
  for (let row = 0; row < 28; row++) {
    for (let column = 0; column < 36; column++) {
      const distance = Math.abs((column % (step * 2)) - step) + Math.abs((row % (step * 2)) - step)
      const colour = distance === step || distance === 2 ? colours[1] : distance < step - 2 ? colours[2] : colours[0]
      cells.push(
        `<rect x="${168 + column * size}" y="${114 + row * size}" width="${size - 1.5}" height="${size - 1.5}" rx="5" fill="${colour}" fill-opacity="${0.82 + random.next() * 0.18}"/>`,
      )
    }
  }
  const fringe = Array.from(
    { length: 72 },
    (_, index) =>
      `<path d="M${172 + index * 12} 786 q${random.between(-6, 6)} 30 0 60" stroke="${colours[1]}" stroke-width="4" fill="none"/>`,
  )
  return flat(
    `<rect x="176" y="126" width="872" height="684" fill="#000" fill-opacity=".45"/><rect x="164" y="110" width="872" height="680" fill="#3a2f28"/>${cells.join('')}${fringe.join('')}`,
    '#b9b7b1',
  )
}
