// Package ingest takes sealed segments from recorders: a WebSocket while the page is
// there, one HTTP request for the tail, and the site's settings before either. The
// protocol is written down in collector/UPLOAD.md.
//
// In come a hello (site, sessions, page views with their envelopes and write secrets) and
// frames of sealed segments; out go acknowledgements, each after the store has made the
// segment durable. Nothing here can open a segment.
//
// It trusts nothing that arrives: sizes, rates, counts and times are bounded by Limits, and
// each refusal is counted for the site's health page and told in the close code, whose
// reason says what to do. The visitor's address is used for one thing, the cap of sockets
// per address, as a hash under a key that lives in this process; neither it nor cookies
// nor content reach a log or the store.
//
// A Server is safe for concurrent use. One goroutine a socket reads, stores and answers;
// other goroutines write to it under its lock.
package ingest
