/**
 * The worker's numbers: times in ms, sizes in bytes, layouts. In a file without imports esbuild puts
 * the values in their places, elsewhere each of them is a variable of the bundle.
 */

// When: page.ts, delivery.ts
export const SEAL_EVERY_MS = 1_000
export const FRAME_EVERY_MS = 5_000
export const WATCHED_EVERY_MS = 1_000
export const FRAME_AT_BYTES = 32 << 10
/** After leaving: how long the socket may try before HTTP takes over. */
export const TAIL_AFTER_MS = 1_500
/** A hidden page with nothing to send gives its socket back after so long. */
export const REST_AFTER_MS = 30_000
/** Leftovers are looked for at each welcome and, while frames go out, so often. */
export const DRAIN_EVERY_MS = 60_000
/** A hello that is said only for its counts is not said more often. */
export const COUNTS_EVERY_MS = 60_000
/** Another instance of the core did not start: it is tried again. */
export const RETRY_MS = 60_000

/** A violation of the CSP is told in a task of its own, after the promise that it broke; nothing else waits for this. */
export const VIOLATION_MS = 50

// How much: delivery.ts
/** A frame of several segments is not made larger; a single larger one goes alone. */
export const FRAME_MAX_BYTES = 256 << 10
/** However often a path breaks under our frames, they need not be smaller than this. */
export const FRAME_MIN_BYTES = 16 << 10
export const WINDOW_BYTES = 1_048_576
export const MEMORY_BYTES = 8_388_608
/**
 * Room for the frame of the tail. 64 KiB of keepalive bodies may be in flight, shared with the page's
 * own requests; 60 are ours, of which a hello of one page view takes less than one.
 */
export const TAIL_BYTES = 59 << 10
/**
 * So many refusals, or segments too large for what stands before the collector, in a page view: give up. None of
 * them comes by chance, and each costs a snapshot: what is acknowledged between does not make the next one smaller.
 */
export const MAX_REFUSALS = 3

// socket.ts
export const BACKOFF_FIRST_MS = 500
export const BACKOFF_MAX_MS = 30_000
/** So many ends of a socket, without a welcome between, are told to the page. */
export const UNREACHABLE_AFTER = 5
/** Something is under way and nothing was heard for so long: the path is dead though the socket is open. */
export const SILENCE_MS = 30_000

// outbox.ts
export const OUTBOX_BYTES = 33_554_432
/** The collector takes late segments for 7 days. */
export const MAX_AGE_MS = 7 * 86_400_000

// Layouts. Of a sealed segment (seal.ts): the epoch's number, the previous hash, which ends the header.
export const EPOCH_AT = 24
export const HASH_AT = 28
export const HEADER_BYTES = 60

// PROTOCOL.md: ops and the sizes with which they are written here
export const TIME_OF_2 = 2 | (2 << 8)
export const META_OF_3 = 3 | (3 << 8)
export const SNAPSHOT_BEGIN = 4
export const ANCHOR_OF_3 = 42 | (3 << 8)

// Of core_needs: wasm/mirror/handover.go
/** Any of these bits: not a snapshot alone, but another instance. */
export const NEED_OTHER = 6
/** How long the core holds back that there was activity in a field (wasm/mirror/field.go). */
export const ACTIVITY_MS = 1e3
