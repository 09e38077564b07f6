package upload

import (
	"fmt"
	"net/url"
)

// relay is one address to dial.
type relay struct {
	address string // host:port
	secure  bool   // TLS before the first byte
}

// parseRelays reads the URLs of relays. The error names the place in the list
// and not the address, so that it can be shown to any user of this host.
func parseRelays(urls []string) ([]relay, error) {
	out := make([]relay, len(urls))
	for i, s := range urls {
		u, err := url.Parse(s)
		if err != nil || u.Hostname() == "" || u.Port() == "" || u.Scheme != "tls" && u.Scheme != "nats" {
			return nil, fmt.Errorf("relay %d of %d is not the URL of a relay: write it as tls://host:port, or nats://127.0.0.1:port on one machine", i+1, len(urls))
		}
		out[i] = relay{address: u.Host, secure: u.Scheme == "tls"}
	}
	return out, nil
}
