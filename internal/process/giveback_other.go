//go:build !linux

package process

func unmapFiles() {}
