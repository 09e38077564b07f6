//go:build !linux

package collect

import (
	"os"

	gops "github.com/shirou/gopsutil/v4/process"
)

// residentMemory reads the bytes of memory that this process holds.
func residentMemory() (int64, error) {
	self, err := gops.NewProcess(int32(os.Getpid()))
	if err != nil {
		return 0, err
	}
	info, err := self.MemoryInfo()
	if err != nil {
		return 0, err
	}
	return whole(info.RSS), nil
}
