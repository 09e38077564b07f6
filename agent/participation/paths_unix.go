//go:build unix && !darwin

package participation

// machineDir is where an administrator's decisions for the whole host stand.
func machineDir() string { return "/etc/tacit" }
