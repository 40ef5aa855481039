// Package mask decides what may leave the visitor's browser. From a name, a value and the
// node's effective mode it makes Text, masked whenever it does not know the name.
//
// What comes in is raw page data as bytes. What goes out is Text, which only Policy makes:
// the op writer of package mirror takes Text and no string, so raw page text does not
// compile as its argument. Levels, markers, the form of the mask and every list stand in
// POLICY.md.
//
//	p := mask.New(mask.Strict)
//	p.Reset()                                  // once an op: ends the life of earlier Texts
//	t := p.Text([]byte("Hello Jane"), mask.Masked) // "xxxx xxxx"
//
// The package is a leaf, allocates nothing once its buffers have grown, keeps typed values
// only in its own memory (Policy.Typed), and never returns a value unless a list or a
// detector that found nothing says it is safe. Not safe for concurrent use: one Policy a
// page view.
package mask
