package collect

import (
	"context"

	"github.com/shirou/gopsutil/v4/mem"
)

// memory reads how many bytes of memory the host has in all.
func memory(ctx context.Context) ([]Sample, error) {
	m, err := mem.VirtualMemoryWithContext(ctx)
	if err != nil {
		return nil, readError("size of memory", err)
	}
	return []Sample{number("host.memory", whole(m.Total))}, nil
}
