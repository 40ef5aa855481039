/**
 * The full recorder, a script of its own (../capture/lean.ts), handed over like ./main.ts. Unlike there the names of its
 * properties are those that the build gave them in the entry.
 */
import { createRecorder } from '../capture/recorder'

Object.assign(document.currentScript as HTMLScriptElement, { more: createRecorder })
