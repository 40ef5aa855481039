//go:build !tinygo

package mask

// UnsafeSkipDetection lets text through as it is. It is for benchmarks, which print what
// detection costs; the core that browsers load has no such method.
func (p *Policy) UnsafeSkipDetection() { p.skip = true }

// WithoutDetection makes the program the strict form, for tests that exercise both.
func WithoutDetection() { detects = false }
