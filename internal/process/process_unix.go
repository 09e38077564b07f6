//go:build unix && !linux

package process

func undumpable() error { return noCore() }
