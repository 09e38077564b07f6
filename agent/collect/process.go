package collect

import "context"

// process reads how many bytes of memory this process holds.
func process(context.Context) ([]Sample, error) {
	rss, err := residentMemory()
	if err != nil {
		return nil, readError("memory of this process", err)
	}
	return []Sample{number("tacit.process.memory", rss)}, nil
}
