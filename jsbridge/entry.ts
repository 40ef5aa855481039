/** Entry of afterimage.js: defines `window.afterimage` and starts where the script tag names a site. */
import { createAfterimage, type Afterimage } from './api/afterimage'

declare global {
  interface Window {
    afterimage?: Afterimage
  }
}

// A second tag of the same script (a tag manager beside the page's own) changes nothing.
if (!window.afterimage) {
  const script = document.currentScript as HTMLScriptElement | null
  window.afterimage = createAfterimage(script)
  const { afterimageConfig } = window as { afterimageConfig?: { site?: string } }
  // What went wrong stands in the console and in `state`; the promise has a handler already.
  if (script?.dataset['site'] || afterimageConfig?.site) void window.afterimage.start()
}
