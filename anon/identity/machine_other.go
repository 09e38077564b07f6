//go:build !linux

package identity

import "github.com/shirou/gopsutil/v4/host"

// systemMachineID returns what the system calls this machine, or "".
func systemMachineID() string {
	id, err := host.HostID()
	if err != nil {
		return ""
	}
	return id
}
