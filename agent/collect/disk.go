package collect

import (
	"context"

	"github.com/shirou/gopsutil/v4/disk"
)

// disk reads how many bytes the data directory's volume has left for a
// process without special rights.
func (c Config) disk(ctx context.Context) ([]Sample, error) {
	d, err := disk.UsageWithContext(ctx, c.DataDir)
	if err != nil {
		return nil, readError("free space of the data directory's volume", err)
	}
	return []Sample{number("host.disk.free", whole(d.Free))}, nil
}
