// Package mirror is the recorder's core: it reads batches of ops of the bridge
// (jsbridge/PROTOCOL.md), keeps the page's node tree, and writes the ops of the wire format
// (wasm/wire) with everything masked by wasm/mask.
//
// In goes raw page data: ints and the UTF-8 text of one batch. Out come plaintext wire
// segments, a list of subtrees that the bridge has to send again, and the wish for a new
// snapshot. What may be sent of a node is one function of the mirror's state: the node's
// effective mode, inherited over the composed tree, and its kind.
//
//	c := mirror.New()
//	copy(c.In(len(ints), len(text)) …)
//	if code := c.Apply(len(ints), len(text)); code != mirror.OK { … }  // dead from then on
//	for seg := c.Segment(nowMs); len(seg) > 0; seg = c.Segment(nowMs) { … }
//
// It fails closed: an op that it does not know, a wrong size, an id that was never used or
// too much memory end the recording, and nothing that was pending is given out. It holds
// no page text but the values typed (wasm/mask), allocates nothing in steady state, and its
// memory follows the live document. Not safe for concurrent use.
package mirror
