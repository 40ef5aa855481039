// Package store keeps what the collector acknowledged: sealed segments, their
// envelopes, and the index of sites, sessions and page views.
//
// Three boundaries, each one library with an embedded and a distributed form:
//
//	journal  arriving segments   NATS JetStream, one subject a session
//	blobs    finished sessions   gocloud.dev/blob, one object a session; assets
//	DB       everything else     database/sql: SQLite
//
// In come Admit (a page view, its envelope and the hash of its write secret) and
// Append (sealed segments). Append returns after the journal's fsync, so a number it
// returns as acknowledged survives kill -9 and power loss. First bytes win: an equal
// repeat is acknowledged, another content for the same (page view, number) is refused.
//
// Finalise turns a session without activity into one blob: write, sync, swap the index
// row, purge the subject. A crash between any two of these loses nothing and shows
// nothing twice, since readers merge blob and journal by (page view, segment).
// Late segments make a new generation of the blob.
//
// Envelopes stand in the DB alone, never in journal, blobs or logs: without its
// envelope a page view stays closed also for the owner of the site's key.
//
// PutAsset keeps sealed images and fonts: one object a site and id among the blobs, rows in
// the DB for which sessions show it, gone with the last of them.
//
// The store never opens a segment. It holds no addresses, no cookies, no content.
//
// A Store is safe for concurrent use. One process at a time may hold a directory.
//
//	st, err := store.Open(ctx, store.Config{Dir: "afterimage-data"})
//	for seg, err := range st.Segments(ctx, sessionID) { … }
package store
