/** Put in by the build (../build): this is the worker for pages that show something. */
declare const __FULL__: boolean
