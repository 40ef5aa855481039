/** Put in by the build (../build): whether this is the lean recorder (lean.ts). */
declare const __LEAN__: boolean
