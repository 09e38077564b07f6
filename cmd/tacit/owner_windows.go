package main

// checkOwner does nothing: on Windows a file gets its directory's rights.
func checkOwner(_, _ string) error { return nil }
