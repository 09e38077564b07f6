package participation

// machineDir is where an administrator's decisions for the whole host stand.
func machineDir() string { return "/Library/Application Support/Tacit" }
