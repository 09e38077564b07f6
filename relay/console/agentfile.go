package console

import (
	"bytes"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/internal/web"
)

// AgentFile is what the configuration file of every agent of the site says.
// Nothing in it is per host.
type AgentFile struct {
	Relays      []string // URLs by which agents reach the site's relays, tls:// or nats://
	Fingerprint string   // of the relay's certificate, as openssl prints it; "": agents check it against their system's roots
	VendorKey   string   // 64 hex digits
	Credential  string   // the channel's; on no page, in the file only
}

// agentFileView is the page "Agent configuration". It has no credential.
type agentFileView struct {
	Relays                 []string
	Fingerprint, VendorKey string
	Here                   bool // no other host reaches these relays
	Plain                  bool // they speak without TLS, so that there is no certificate
	Install                string
}

// install puts the downloaded file in place, says what would be contacted, and
// starts the agent; it stops at the first step that fails.
const install = `sudo install -D -m 0600 agent.yaml /etc/tacit/agent.yaml &&
sudo tacit-agent config check --config /etc/tacit/agent.yaml &&
sudo tacit-agent --config /etc/tacit/agent.yaml`

// ofProducts stands at the end of the file: the relay knows what its site decides
// on, and not where products put their registry on a host.
const ofProducts = `The files of the products' registry, or directories of them, as they lie on every
host: what products may report here, and which of their logs are read at level
enhanced. Left out: what is built in, which is facts of the host and Tacit's own.
registry: [/etc/tacit/registry]`

func (c *Console) agentConfiguration(*web.Request) (any, error) {
	f := c.cfg.AgentFile()
	return agentFileView{
		Relays: f.Relays, Fingerprint: f.Fingerprint, VendorKey: f.VendorKey,
		Here: onlyHere(f.Relays), Plain: !slices.ContainsFunc(f.Relays, overTLS), Install: install,
	}, nil
}

func (c *Console) downloadAgentFile(*web.Request) (name, contentType string, body []byte, err error) {
	body, err = c.cfg.AgentFile().yaml()
	return "agent.yaml", "application/yaml", body, err
}

// yaml writes the file that tacit-agent takes with --config.
func (f AgentFile) yaml() ([]byte, error) {
	relays := &yaml.Node{Kind: yaml.SequenceNode}
	for _, u := range f.Relays {
		relays.Content = append(relays.Content, scalar(u))
	}
	doc := &yaml.Node{
		Kind:        yaml.MappingNode,
		HeadComment: "Configuration of tacit-agent: the same for every host of this site.",
		FootComment: ofProducts,
	}
	add := func(key, comment string, value *yaml.Node) {
		doc.Content = append(doc.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: key, HeadComment: comment}, value)
	}
	add("relays", "Where the agent connects to, and nowhere else.", relays)
	if f.Fingerprint != "" {
		add("fingerprint", "SHA-256 of the relay's certificate: the agent talks to this one only.", scalar(f.Fingerprint))
	}
	add("credential", "The channel's, shared by all agents of the site. It opens and reads nothing.", scalar(f.Credential))
	add("vendor_key", "The vendor's public key: the agent seals only for who can prove to be this vendor.", scalar(f.VendorKey))
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(doc); err != nil {
		return nil, fmt.Errorf("write agent.yaml: %w", err)
	}
	return b.Bytes(), nil
}

// scalar is a text in quotes: a key of digits stays a text.
func scalar(s string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.DoubleQuotedStyle, Value: s}
}

func overTLS(relay string) bool { return strings.HasPrefix(relay, "tls:") }

// onlyHere says that the relays' addresses lead other hosts to themselves:
// loopback, or all addresses of whoever asks.
func onlyHere(relays []string) bool {
	for _, s := range relays {
		u, err := url.Parse(s)
		if err != nil {
			return false
		}
		addr, err := netip.ParseAddr(u.Hostname())
		if u.Hostname() != "localhost" && (err != nil || !addr.IsLoopback() && !addr.IsUnspecified()) {
			return false
		}
	}
	return len(relays) > 0
}
