package main

// checkOwner does nothing: on Windows a file gets its directory's rights.
func checkOwner(string) error { return nil }
