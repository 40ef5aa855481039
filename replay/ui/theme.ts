// Light or dark: what the person chose here, else what their system says.

export type Theme = 'light' | 'dark'

const key = 'afterimage-theme'
const dark = matchMedia('(prefers-color-scheme: dark)')

function chosen(): Theme | undefined {
  try {
    const value = localStorage.getItem(key)
    return value === 'light' || value === 'dark' ? value : undefined
  } catch {
    return undefined // storage is blocked, as in a third-party frame
  }
}

export function theme(): Theme {
  return chosen() ?? (dark.matches ? 'dark' : 'light')
}

export function applyTheme(): void {
  document.documentElement.dataset['theme'] = theme()
}

export function toggleTheme(): void {
  try {
    localStorage.setItem(key, theme() === 'dark' ? 'light' : 'dark')
  } catch {
    return
  }
  applyTheme()
}

/** Calls f when the system's scheme changed and the page follows it. */
export function onTheme(f: () => void): () => void {
  dark.addEventListener('change', f)
  return () => dark.removeEventListener('change', f)
}

dark.addEventListener('change', applyTheme)
