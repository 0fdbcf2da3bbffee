import { html, type TemplateResult } from 'lit'
import { icon } from '../lib/templates.ts'
import type { StepState } from './steps.ts'

/** The sign before a step: its number while it waits. */
export function dot(state: StepState | 'paused', number: number): TemplateResult {
  const sign = {
    wait: html`${number}`,
    now: html`<span class="spinner"></span>`,
    done: icon('check'),
    bad: icon('close'),
    paused: icon('pause'),
  }[state]
  return html`<span class="dot" aria-hidden="true">${sign}</span>`
}

/** `1:38`, `2:05:10`; what has ended took a second at least. */
export function clock(milliseconds: number | null, state: StepState | 'paused'): TemplateResult {
  if (milliseconds === null) return html`<span class="time"></span>`
  const seconds = state === 'now' ? Math.floor(milliseconds / 1000) : Math.max(1, Math.round(milliseconds / 1000))
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (number: number) => String(number).padStart(2, '0')
  return html`<time class="time" datetime="PT${seconds}S">${h > 0 ? `${h}:${two(m)}` : m}:${two(s)}</time>`
}
