//go:build !windows && !darwin

package own

// platform returns what only this system knows: here nothing.
func platform(Config) ([]found, error) { return nil, nil }
