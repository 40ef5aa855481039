/**
 * ../api bundled into one function (../build/npm.go), so that it runs when it is called: under
 * Node there is no Node.prototype to read. Worker and core are addresses that only the site's
 * bundler knows; their hashes are those of the build, so bytes that were changed on the way are
 * refused.
 */
export function load(worker: string, core: string): typeof import('../api/afterimage')
