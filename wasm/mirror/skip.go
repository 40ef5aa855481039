//go:build !tinygo

package mirror

// UnsafeSkipDetection is that of package mask, and texts do not wait for their neighbours.
func (c *Core) UnsafeSkipDetection() {
	c.pol.UnsafeSkipDetection()
	c.flow.skip = true
}
