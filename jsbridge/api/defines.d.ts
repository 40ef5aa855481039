/** Put in by the build (../build): names and SHA-256 (base64) of the files that this script loads. */
declare const __CORE_NAME__: string
declare const __CORE_HASH__: string
declare const __MORE_NAME__: string
declare const __MORE_HASH__: string
declare const __RECORDER_NAME__: string
declare const __RECORDER_HASH__: string
declare const __WORKER_NAME__: string
declare const __WORKER_HASH__: string
declare const __FULL_WORKER_NAME__: string
declare const __FULL_WORKER_HASH__: string
declare const __VERSION__: string
