//go:build !unix

package follow

// dontWait: pipes are no files here.
const dontWait = 0
