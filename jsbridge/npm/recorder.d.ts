/**
 * ../api bundled into one function (../build/npm.go), so that it runs when it is called: under
 * Node there is no Node.prototype to read. Worker, core and the part for few pages are addresses that only the site's
 * bundler knows; the hashes of the first two are those of the build, so bytes that were changed on the
 * way are refused. The third runs on the main thread like the entry and may be minified once more.
 */
export function load(worker: string, core: string, more: string): typeof import('../api/afterimage')
