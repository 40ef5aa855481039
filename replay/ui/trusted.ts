// The one Trusted Types policy of the user interface: it lets our own worker's URL through
// and nothing else. lit has its own policy for its static templates.

const workerURL = `/assets/${__PLAYER_WORKER__}`

const policy = window.trustedTypes?.createPolicy('afterimage-player', {
  createScriptURL: (url) => {
    if (url !== workerURL) throw new TypeError('not the player worker')
    return url
  },
})

export function startWorker(): Worker {
  return new Worker((policy?.createScriptURL(workerURL) ?? workerURL) as string)
}
