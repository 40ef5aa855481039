// Constants that the build puts in (jsbridge/build).

/** Version of the product, as in "1.0.0". */
declare const __VERSION__: string
/** Served file name of the player's worker, below /assets/. */
declare const __PLAYER_WORKER__: string
/** Served file name of the player's core (WebAssembly), below /assets/. */
declare const __PLAYER_CORE__: string
